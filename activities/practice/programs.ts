import { statusFailure } from '../http-failures';
import type { KubernetesObject, ProxyPath } from '../kubernetes/gateway';
import { at, isReady, labelsOf, listAt, sameObject, selects, textsAt } from './objects';
import type { PracticeState } from './state';

/** The key of a ConfigMap that holds the file of a Prometheus. */
const CONFIGURATION_KEY = 'prometheus.yml';

/**
 * What the programs in the pods answer through the API server's proxy. Only what needs no numbers: the examples of the
 * runbooks hold the recorded answers of metrics and queries.
 */
export function answerProxy(objects: readonly KubernetesObject[], target: ProxyPath, method: 'GET' | 'POST', loaded: PracticeState['loaded']): string {
  const asked = { system: 'the practice cluster', request: `${method} ${target.path} of ${target.resource} ${target.namespace}/${target.name}` };
  const pods = backends(objects, target);
  if (!pods) throw statusFailure(404, asked, { reason: `${target.resource} "${target.name}" not found` });
  const pod = pods.find(isReady);
  if (!pod) throw statusFailure(503, asked, { reason: 'no endpoints available' });
  const page = PAGES[`${method} ${target.path.split('?')[0]}`];
  const answer = page?.(pod, loaded);
  if (answer === undefined) throw statusFailure(404, asked, { reason: 'the practice cluster has no such page' });
  return answer;
}

const PAGES: Readonly<Record<string, (pod: KubernetesObject, loaded: PracticeState['loaded']) => string | undefined>> = {
  'GET /-/ready': () => 'OK\n',
  'GET /-/healthy': () => 'OK\n',
  'GET /api/health': () => '{"database":"ok"}',
  'POST /-/reload': () => '',
  'GET /api/v1/status/config': (pod, loaded) => {
    const mounted = listAt(pod, 'spec', 'volumes').map((volume) => at(volume, 'configMap', 'name'));
    const name = mounted.find((candidate) => typeof candidate === 'string' && candidate in loaded);
    return typeof name === 'string' ? JSON.stringify({ status: 'success', data: { yaml: loaded[name] } }) : undefined;
  },
};

/** Every program reads its configuration, as it is now. */
export function loadConfigurations(state: PracticeState): void {
  const files = state.objects.map((object) => [object.metadata.name, configurationOf(object)] as const);
  state.loaded = Object.fromEntries(files.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The file that a Prometheus reads from this ConfigMap; undefined for any other object. */
export function configurationOf(object: KubernetesObject): string | undefined {
  return object.kind === 'ConfigMap' ? textsAt(object, 'data')[CONFIGURATION_KEY] : undefined;
}

function backends(objects: readonly KubernetesObject[], { resource, name, namespace }: ProxyPath): KubernetesObject[] | undefined {
  const found = objects.find((object) => sameObject(object, { kind: resource === 'pods' ? 'Pod' : 'Service', name, namespace }));
  if (!found || resource === 'pods') return found && [found];
  const selector = textsAt(found, 'spec', 'selector');
  return objects.filter((object) => object.kind === 'Pod' && selects(selector, labelsOf(object)));
}

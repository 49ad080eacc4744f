import { statusFailure } from '../http-failures';
import type { KubernetesObject, ProxyPath } from '../kubernetes/gateway';
import { isReady, labelsOf, sameObject, selects, textsAt } from './objects';

const READY_PATHS = new Set(['/-/ready', '/-/healthy', '/-/reload']);

/**
 * What the programs in the pods answer through the API server's proxy. Only what needs no numbers: the examples of the
 * runbooks hold the recorded answers of metrics and queries.
 */
export function answerProxy(objects: readonly KubernetesObject[], target: ProxyPath, method: 'GET' | 'POST'): string {
  const asked = { system: 'the practice cluster', request: `${method} ${target.path} of ${target.resource} ${target.namespace}/${target.name}` };
  const pods = backends(objects, target);
  if (!pods) throw statusFailure(404, asked, { reason: `${target.resource} "${target.name}" not found` });
  if (!pods.some(isReady)) throw statusFailure(503, asked, { reason: 'no endpoints available' });
  const path = target.path.split('?')[0] ?? '';
  if (!READY_PATHS.has(path) || (path === '/-/reload') !== (method === 'POST')) throw statusFailure(404, asked, { reason: 'the practice cluster has no such page' });
  return 'OK\n';
}

function backends(objects: readonly KubernetesObject[], { resource, name, namespace }: ProxyPath): KubernetesObject[] | undefined {
  const found = objects.find((object) => sameObject(object, { kind: resource === 'pods' ? 'Pod' : 'Service', name, namespace }));
  if (!found || resource === 'pods') return found && [found];
  const selector = textsAt(found, 'spec', 'selector');
  return objects.filter((object) => object.kind === 'Pod' && selects(selector, labelsOf(object)));
}

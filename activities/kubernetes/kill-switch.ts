import { FAILURES, failure, failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';

/**
 * Reads the ConfigMap that stops every mutation, before every write. It works with kubectl alone and with Temporal down.
 * Fails closed.
 * @throws GateRefused unless it says `enabled: "true"`; what can pass by itself (the API server is away) is retried.
 */
export async function requireKillSwitch({ config, kubernetes }: ClusterAccess): Promise<void> {
  const { namespace, name } = config.killSwitch;
  const on = `kubectl -n ${namespace} create configmap ${name} --from-literal=enabled=true --dry-run=client -o yaml | kubectl apply -f -`;
  const refuse = (why: string) => failure('GateRefused', `Automation is switched off in the cluster ${config.name}: the ConfigMap ${namespace}/${name} ${why}. To switch it on: ${on}`);
  const object = await kubernetes.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }).catch((error: unknown) => {
    const type = failureTypeOf(error);
    throw type && FAILURES[type].retried ? error : refuse('cannot be read');
  });
  if (!object) throw refuse('does not exist');
  const enabled = (object['data'] as Record<string, unknown> | undefined)?.['enabled'];
  if (enabled !== 'true') throw refuse('does not say enabled: "true"');
}

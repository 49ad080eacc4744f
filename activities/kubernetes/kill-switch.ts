import { FAILURES, failure, failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { KubernetesGateway } from './gateway';

export type KillSwitch = ClusterAccess['config']['killSwitch'];

export type KillSwitchState = { on: true } | { on: false; why: string };

/**
 * Reads the ConfigMap that stops every mutation, before every write. It works with kubectl alone and with Temporal down.
 * Fails closed.
 * @throws GateRefused unless it says `enabled: "true"`; what can pass by itself (the API server is away) is retried.
 */
export async function requireKillSwitch({ config, kubernetes }: ClusterAccess): Promise<void> {
  const { namespace, name } = config.killSwitch;
  const state = await readKillSwitch(kubernetes, config.killSwitch).catch((error: unknown): KillSwitchState => {
    const type = failureTypeOf(error);
    if (type && FAILURES[type].retried) throw error;
    return { on: false, why: 'cannot be read' };
  });
  if (state.on) return;
  const on = `kubectl -n ${namespace} create configmap ${name} --from-literal=enabled=true --dry-run=client -o yaml | kubectl apply -f -`;
  throw failure('GateRefused', `Automation is switched off in the cluster ${config.name}: the ConfigMap ${namespace}/${name} ${state.why}. To switch it on: ${on}`);
}

/** Anything but `enabled: "true"` is off. @throws what the gateway throws when it cannot be read; that is off, too. */
export async function readKillSwitch(kubernetes: Pick<KubernetesGateway, 'read'>, { namespace, name }: KillSwitch): Promise<KillSwitchState> {
  const object = await kubernetes.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name });
  if (!object) return { on: false, why: 'does not exist' };
  const enabled = (object['data'] as Record<string, unknown> | undefined)?.['enabled'];
  return enabled === 'true' ? { on: true } : { on: false, why: 'does not say enabled: "true"' };
}

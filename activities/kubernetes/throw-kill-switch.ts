import { failure, failureTypeOf } from '../../workflows/contracts';
import { readKillSwitch, type KillSwitch, type KillSwitchState } from './kill-switch';
import type { JsonPatchOperation, KubernetesGateway, KubernetesObject } from './gateway';

type Gateway = Pick<KubernetesGateway, 'read' | 'patch' | 'create'>;

export interface Thrown {
  before: KillSwitchState;
  result: 'unchanged' | 'created' | 'patched';
}

/** Somebody else may make or delete the ConfigMap between reading and writing it. */
const ATTEMPTS = 3;

/**
 * Switches all automation of a cluster on or off, for people: with whatever credentials the gateway has, which are never
 * those of a worker. The last one to write wins.
 * @throws what the gateway throws: NotAuthorized when these credentials may not write it.
 */
export async function throwKillSwitch(kubernetes: Gateway, where: KillSwitch, on: boolean): Promise<Thrown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await throwOnce(kubernetes, where, on);
    } catch (error) {
      const type = failureTypeOf(error);
      if ((type !== 'Conflict' && type !== 'TargetNotFound') || attempt === ATTEMPTS) throw error;
    }
  }
}

async function throwOnce(kubernetes: Gateway, where: KillSwitch, on: boolean): Promise<Thrown> {
  const enabled = String(on);
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', ...where };
  const live = await kubernetes.read(reference);
  const before = await readKillSwitch({ read: () => Promise.resolve(live) }, where);
  const data = live?.['data'] as Record<string, unknown> | undefined;
  if (data?.['enabled'] === enabled) return { before, result: 'unchanged' };
  if (!live) {
    await kubernetes.create({ ...newSwitch(where), data: { enabled } }, { dryRun: false });
    return { before, result: 'created' };
  }
  if (live['immutable'] === true) throw failure('InvalidInput', `The ConfigMap ${where.namespace}/${where.name} is immutable: delete it (which is off) and switch again`);
  const change: JsonPatchOperation = data ? { op: 'add', path: '/data/enabled', value: enabled } : { op: 'add', path: '/data', value: { enabled } };
  await kubernetes.patch(reference, [change], { dryRun: false });
  return { before, result: 'patched' };
}

function newSwitch({ namespace, name }: KillSwitch): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}

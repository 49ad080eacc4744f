/** Steps that remove pods: to whose workload they belong, and how far they are. */
import type { PlannedStep } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import { foreignStep, type AllowedTargets } from '../../remedy';
import { readWorkload, type PodView, type Workload } from '../../workload';
import { WORKLOADS } from '../named-after';

export interface RoleWorkload {
  role: string;
  workload: Workload;
}

/** A pod's name begins with its workload's; the longest such name is meant (thanos-receive, thanos-receive-router). */
export async function workloadOfSteps(access: ClusterAccess, use: string, steps: readonly PlannedStep[], allowed: AllowedTargets): Promise<RoleWorkload> {
  const roles = new Set<string>();
  for (const step of steps) {
    const { object } = step;
    if (object.kind !== 'Pod' || object.apiVersion !== 'v1' || !object.uid) throw foreignStep(use, step, 'it names no pod with its UID');
    const candidates = [...allowed].filter(([, target]) => WORKLOADS.has(target.kind) && target.namespace === object.namespace && object.name.startsWith(`${target.name}-`));
    const [best] = candidates.sort(([, a], [, b]) => b.name.length - a.name.length);
    if (!best) throw foreignStep(use, step, 'the pod belongs to none of the allowed targets');
    roles.add(best[0]);
  }
  const [role, ...others] = roles;
  if (role === undefined || others.length > 0) throw foreignStep(use, steps[0]!, 'its steps touch more than one workload');
  return { role, workload: await readWorkload(access, allowed.get(role)!) };
}

/** The pod as the step means it; `undefined` when it has gone already: by name and UID. */
export function podOf({ object }: PlannedStep, workload: Workload): PodView | undefined {
  return workload.pods.find((pod) => pod.name === object.name && pod.uid === object.uid);
}

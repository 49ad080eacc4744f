import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { at, isReady, labelsOf, numberAt, selects, textsAt } from './objects';

/** Fields of a StatefulSet's spec that can change at all; the API server refuses the others. */
const MUTABLE_OF_STATEFUL_SETS = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];

/** Why the API server would refuse the new form of an object; undefined where it would not. */
export function immutableFault(before: KubernetesObject, after: KubernetesObject): string | undefined {
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp'] as const) {
    if (at(before, 'metadata', field) !== at(after, 'metadata', field)) return `metadata.${field}: field is immutable`;
  }
  if (before.kind !== after.kind || before.apiVersion !== after.apiVersion) return 'kind and apiVersion are immutable';
  if (before.kind !== 'StatefulSet') return undefined;
  const fixed = (object: KubernetesObject) => Object.fromEntries(Object.entries(object['spec'] as JsonObject).filter(([field]) => !MUTABLE_OF_STATEFUL_SETS.includes(field)));
  return isDeepStrictEqual(fixed(before), fixed(after)) ? undefined : `spec: updates to statefulset spec for fields other than ${MUTABLE_OF_STATEFUL_SETS.join(', ')} are forbidden`;
}

/** Why a disruption budget refuses the eviction of a pod; undefined where none does. */
export function budgetRefusal(objects: readonly KubernetesObject[], pod: KubernetesObject): string | undefined {
  const budgets = objects.filter((object) => object.kind === 'PodDisruptionBudget' && selects(textsAt(object, 'spec', 'selector', 'matchLabels'), labelsOf(pod)));
  for (const budget of budgets) {
    const healthy = numberAt(budget, 'status', 'currentHealthy');
    const desired = numberAt(budget, 'status', 'desiredHealthy');
    // A pod that is not ready takes nothing away; the default policy lets it go only while the others suffice.
    const allowed = isReady(pod) ? numberAt(budget, 'status', 'disruptionsAllowed') > 0 : at(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow' || healthy >= desired;
    if (!allowed) return `Cannot evict pod as it would violate the pod's disruption budget ${budget.metadata.name}: it needs ${desired} healthy pods and has ${healthy} currently`;
  }
  return undefined;
}

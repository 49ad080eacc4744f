/** What remedies share that change one field of one workload. */
import { failure, type FieldChange, type PlannedStep } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import type { RbacRule } from '../../probe';
import { foreignStep, text, type AllowedTargets, type DraftResult } from '../../remedy';
import { readWorkload, type Workload } from '../../workload';
import { standingOf } from '../changes';
import { sameJson } from '../../same-json';
import { verdict } from './gates';

export type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/** Reading one Deployment with its pods, and changing it. */
export const CHANGES_DEPLOYMENT: readonly RbacRule[] = [
  { apiGroup: 'apps', resources: ['deployments'], verbs: ['get', 'patch'] },
  { apiGroup: 'apps', resources: ['replicasets'], verbs: ['list'] },
  { apiGroup: '', resources: ['pods'], verbs: ['list'] },
];

export function refuse(gate: string, en: string, ko: string): DraftResult {
  const refusal = verdict(gate, false, text(en, ko));
  return { kind: 'refused', gates: [refusal], reason: refusal.reason };
}

export function referenceTo({ object }: Workload): PatchStep['object'] {
  const { name, namespace = '', uid } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name, ...(uid && { uid }) };
}

/** The one step of such a plan, and its workload. @throws NotAuthorized for any other step, Conflict when the workload is another than planned */
export async function soleSubject(access: ClusterAccess, use: string, steps: readonly PlannedStep[], allowed: AllowedTargets): Promise<{ role: string; target: Target; workload: Workload; step: PatchStep }> {
  const [step, another] = steps;
  if (!step || another || step.action !== 'patch') throw foreignStep(use, another ?? step ?? steps[0]!, 'it patches one workload');
  const found = [...allowed].find(([, { kind, namespace, name }]) => kind === step.object.kind && namespace === step.object.namespace && name === step.object.name);
  if (!found) throw foreignStep(use, step, 'the object is none of the allowed targets');
  const workload = await readWorkload(access, found[1]);
  const { object } = workload;
  if (object.metadata.uid !== step.object.uid) throw failure('Conflict', `${object.kind} ${object.metadata.name} is another object than the one that was planned for; plan again`);
  return { role: found[0], target: found[1], workload, step };
}

/** The step's changes are those that the remedy makes now, or are done already. @throws NotAuthorized, Conflict */
export function requireChanges(use: string, step: PatchStep, { object }: Workload, wanted: readonly FieldChange[] | undefined, isAllowed: (change: FieldChange) => boolean): void {
  if (step.changes.length === 0 || !step.changes.every(isAllowed)) throw foreignStep(use, step, 'it does not change these fields');
  const standing = standingOf(object, step.changes);
  if (standing === 'done') return;
  if (standing !== 'as planned') throw failure('Conflict', `${object.kind} ${object.metadata.name} is no longer as it was planned for (${standing.differs}); plan again`);
  if (wanted && !sameJson(step.changes, [...wanted])) throw foreignStep(use, step, 'its changes are not those that the remedy makes');
}

import type { IncidentStatus } from '../contracts/incident';
import type { FixStory, KeptField } from '../contracts/permanent-fix';
import type { PermanentFixSpec } from '../contracts/runbook';

/** What the incident's plans changed and left so, field by field. */
export function keptFields({ mutations, plans }: IncidentStatus): KeptField[] {
  const undone = new Set(mutations.filter(({ undo, result }) => undo && result !== 'unchanged').map(({ planId }) => planId));
  return mutations.flatMap(({ planId, step, result, undo }): KeptField[] => {
    if (undo || result !== 'patched' || undone.has(planId)) return [];
    const plan = plans.flatMap((planned) => (planned.kind === 'planned' && planned.plan.id === planId ? [planned.plan] : []))[0];
    const changed = plan?.steps.find(({ id }) => id === step);
    return plan && changed?.action === 'patch' ? changed.changes.map((change) => ({ ...change, use: plan.use, object: changed.object })) : [];
  });
}

/** What the incident changed and a sync loop would take back, as a fix: Git is to say the same. */
export function keepLiveChange(status: IncidentStatus): PermanentFixSpec[] {
  const kept = keptFields(status);
  const warnings = status.plans.flatMap((planned) => (planned.kind === 'planned' ? (planned.plan.reverts ?? []) : []));
  // One warning an object: the last plan's, which saw it last.
  const objects = new Map(warnings.filter(({ keeps: { object } }) => kept.some((field) => nameOf(field.object) === nameOf(object))).map((warning) => [nameOf(warning.keeps.object), warning]));
  if (objects.size === 0) return [];
  const names = [...objects.keys()].join(', ');
  return [{
    id: 'keep-live-change',
    title: { en: 'Keep in Git what the incident changed', ko: '장애 중 변경을 Git에 반영' },
    description: {
      en: `The recovery changed ${names} in the cluster, and Git says otherwise: whatever brings the cluster to what Git says takes the recovery back. Merge this, or decline it where the old state is wanted.`,
      ko: `복구하면서 클러스터의 ${names}을(를) 변경했으나 Git에는 다르게 정의되어 있어 동기화되면 복구가 되돌려집니다. 병합하거나, 이전 상태가 맞다면 거절하십시오.`,
    },
    keeps: [...objects.values()].map(({ keeps }) => keeps),
  }];
}

function nameOf({ kind, namespace, name }: KeptField['object']): string {
  return `${kind} ${namespace}/${name}`;
}

const MOST_EVIDENCE = 8;

/** What a commit tells of the incident: the evidence that the root cause rests on, in the probes' own sentences. */
export function fixStory(status: IncidentStatus, url: string, recurrences: string[], at: string): FixStory {
  const cause = status.treatedCause ?? status.causes.find(({ id }) => id === status.rootCause);
  const evidence = (status.treatedEvidence ?? status.evidence).filter(({ status: answered }) => answered === 'answered');
  const deciding = evidence.filter(({ probe }) => cause?.supports.some((sentence) => sentence.startsWith(`${probe}.`)));
  return {
    title: status.title,
    ...(cause && { cause: cause.title }),
    evidence: (deciding.length > 0 ? deciding : evidence).slice(0, MOST_EVIDENCE).map(({ summary }) => summary),
    url,
    recurrences,
    at,
  };
}

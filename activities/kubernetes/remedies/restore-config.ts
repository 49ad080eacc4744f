import { z } from 'zod';
import { failure, type FieldChange, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type AllowedTargets, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { keyOf } from '../agent-config';
import { inverseChanges, standingOf } from '../changes';
import { sameJson } from '../../same-json';
import { ownerGate, verdict } from './gates';
import { CHANGES_DEPLOYMENT, refuse } from './patch-workload';
import { restartRollout } from './restart-rollout';

/** This ConfigMap and its only reader; the agent's and the receivers' files have remedies of their own, with gates of their own. */
const CONFIG_ROLE = 'grafanaConfig';
const READER_ROLE = 'grafana';

const INPUT = z.strictObject({
  target: z.literal(CONFIG_ROLE).default(CONFIG_ROLE).describe('Role of the ConfigMap.'),
  reader: z.literal(READER_ROLE).default(READER_ROLE).describe('Role of the Deployment that reads it at its start.'),
});

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/** Action A6 for a file that is read at the start only: it goes back to the desired state in place, and its reader is restarted. */
export const restoreConfig: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreConfig',
  title: 'Puts Grafana’s configuration file back as the desired state says, and restarts Grafana to read it',
  input: INPUT,
  rbac: [
    ...CHANGES_DEPLOYMENT.map((rule) => (rule.apiGroup === 'apps' && rule.verbs.includes('patch') ? { ...rule, names: [READER_ROLE] } : rule)),
    { apiGroup: '', resources: ['configmaps'], verbs: ['get', 'patch'], names: [CONFIG_ROLE] },
    { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target, reader }) => [target, reader],

  async plan(access, { target: role, reader }, request): Promise<DraftResult> {
    const target = targetOf(access, role);
    const name = `ConfigMap ${target.namespace}/${target.name}`;
    const live = await access.kubernetes.read(target);
    if (!live) return refuse('exists', `There is no ${name}; restore it by hand.`, `${name}이(가) 없습니다. 직접 복원하십시오.`);
    const wanted = await wantedChange(access, target);
    if (!wanted) return refuse('desiredState', `Nothing says what ${name} should hold: set desiredState.directory to the manifests of this cluster.`, `${name}의 원하는 내용을 알 수 없습니다. desiredState.directory를 설정하십시오.`);
    if (wanted.changes.length === 0) return { kind: 'unneeded', reason: text(`${name} is as ${wanted.source} says.`, `${name}이(가) 원하는 상태와 같습니다.`) };
    const object = { apiVersion: target.apiVersion, kind: target.kind, namespace: target.namespace, name: target.name, ...(live.metadata.uid && { uid: live.metadata.uid }) };
    const patch: PatchStep = { id: 'restore-config', action: 'patch', object, changes: wanted.changes, reason: text(`The file goes back to what ${wanted.source} says.`, `파일을 ${wanted.source}의 내용으로 되돌립니다.`) };
    const restart = await restartRollout.plan(access, { target: reader }, request);
    if (restart.kind !== 'draft') return restart;
    return {
      kind: 'draft', steps: [patch, ...restart.steps],
      inverse: [{ ...patch, id: 'undo-restore-config', changes: inverseChanges(patch.changes), reason: text('The file goes back to what it was before the plan.', '파일을 계획 이전 상태로 되돌립니다.') }, ...restart.inverse],
      desiredState: wanted.source,
      ifNothingIsDone: text('Whatever reads the file goes on with what somebody has made of it.', '변경된 파일이 계속 사용됩니다.'),
    };
  },

  async judge(access, plan, allowed): Promise<Judgement> {
    const [patch, ...restart] = plan.steps;
    if (!patch || patch.action !== 'patch') throw foreignStep(restoreConfig.use, patch ?? plan.steps[0]!, 'it patches a ConfigMap first');
    const target = allowedAs(allowed, CONFIG_ROLE, patch);
    const live = await access.kubernetes.read(target);
    if (!live || live.metadata.uid !== patch.object.uid) throw failure('Conflict', `ConfigMap ${target.name} is another object than the one that was planned for; plan again`);
    const wanted = await wantedChange(access, target);
    const standing = standingOf(live, patch.changes);
    if (typeof standing === 'object') throw failure('Conflict', `ConfigMap ${target.name} is no longer as it was planned for (${standing.differs}); plan again`);
    if (!wanted || !patch.changes.every(({ path }) => path === pathOf(target)) || (standing === 'as planned' && !sameJson(patch.changes, wanted.changes))) throw foreignStep(restoreConfig.use, patch, 'its changes are not those towards the desired state');
    const { gates, ...judged } = await restartRollout.judge(access, { ...plan, steps: restart }, new Map([[READER_ROLE, allowedAs(allowed, READER_ROLE, restart[0] ?? patch, 'Deployment')]]));
    return { ...judged, gates: [verdict('desiredState', true, text(`It is what ${wanted.source} says.`, `${wanted.source}의 내용과 같습니다.`)), ownerGate(live), ...gates] };
  },
};

function pathOf(target: Target): string {
  return `/data/${keyOf(target).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

async function wantedChange(access: ClusterAccess, target: Target): Promise<{ changes: FieldChange[]; source: string } | undefined> {
  const [live, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
  const fileIn = (object: typeof live) => (object?.['data'] as Record<string, string> | undefined)?.[keyOf(target)];
  const [from, to] = [fileIn(live), fileIn(desired?.manifest)];
  if (!desired || to === undefined) return undefined;
  return { changes: from === to ? [] : [{ path: pathOf(target), ...(from !== undefined && { old: from }), new: to }], source: desired.source };
}

function allowedAs(allowed: AllowedTargets, role: string, step: PlannedStep, kind = 'ConfigMap'): Target {
  const { object } = step;
  const target = allowed.get(role);
  if (target?.kind !== kind || (object.kind === kind && (object.name !== target.name || object.namespace !== target.namespace))) throw foreignStep(restoreConfig.use, step, 'the object is none of the allowed targets');
  return target;
}

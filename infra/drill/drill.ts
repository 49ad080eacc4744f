import { breakLab, healLab } from '../lab/injection/engine';
import { labPaths } from '../lab/paths';
import type { IncidentStatus } from '../../workflows/contracts';
import { auditFaults, mutationsSince } from './audit-log';
import type { Answer } from './answers';
import type { Ablation } from '../../workers/cli/runbooks/ablate';
import { diagnosisSeen, type SeenDiagnosis } from './ablation';
import { firstIncident, seeThrough } from './follow';
import type { LabNightshift } from './lab-nightshift';
import { healthy, quiet, runningLab } from './rest';

/** What one fault came to. Seconds are real ones; `factor` says how much faster than production the lab's clocks ran. */
export interface DrillResult {
  fault: string;
  seed: number;
  factor: number;
  publicId: string;
  expectedCause: string;
  foundCause: string;
  /** 1 when the right cause was ranked first; 0 when it was not named at all. */
  rank: number;
  proposed: string[];
  forbiddenProposed: string[];
  steps: string[];
  outcome: string;
  /** Injection → alert accepted. */
  alertSeconds: number;
  /** Alert accepted → root cause, plan; decision → recovered at; injection → closed. */
  causeSeconds: number | null;
  planSeconds: number | null;
  recoveredSeconds: number | null;
  closedSeconds: number;
  auditFaults: string[];
  /** The diagnosis that was acted upon, without each of its deciding probes. */
  ablation: Ablation[];
  problems: string[];
}

export interface DrillOptions {
  seed: number;
  say: (text: string) => void;
  /** Called once the fault is in effect, before anybody waits for an incident. */
  afterInjection?: () => Promise<void>;
  /** Called at each look at the incident, before anything is decided; a crash drill kills things here. */
  onLook?: (status: IncidentStatus) => Promise<void>;
}

/** Injects one fault and sees its incident through to the record, deciding by CLI as people would. */
export async function drill(nightshift: LabNightshift, fault: string, answer: Answer, { seed, say, onLook, afterInjection }: DrillOptions): Promise<DrillResult> {
  const paths = labPaths();
  await healthy(say);
  await quiet(nightshift, say);
  const lab = await runningLab();
  const since = new Date().toISOString();
  say(`${fault}: injecting (seed ${seed})`);
  await breakLab(paths, fault, seed, () => undefined);
  const injectedAt = Date.now();
  try {
    await afterInjection?.();
    const publicId = await firstIncident(nightshift);
    say(`${fault}: incident ${publicId} after ${seconds(Date.now() - injectedAt)} s`);
    const seen = diagnosisSeen();
    const onHandOver = async () => {
      await healLab(paths, undefined, () => undefined);
    };
    const look = async (status: IncidentStatus) => {
      seen.look(status);
      await onLook?.(status);
    };
    const status = await seeThrough(nightshift, publicId, { say, onLook: look, onHandOver });
    const audited = mutationsSince(lab.auditLog, since);
    // A fault may open several incidents, and each claims what it wrote.
    const mutations = (await nightshift.incidentsSince(since)).flatMap((incident) => incident.mutations ?? []);
    return resultOf({ fault, seed, factor: lab.factor, answer, status, injectedAt, faults: auditFaults(audited, { mutations }), seen });
  } finally {
    await healLab(paths, undefined, () => undefined);
  }
}

interface Drilled {
  fault: string;
  seed: number;
  factor: number;
  answer: Answer;
  status: IncidentStatus;
  injectedAt: number;
  faults: string[];
  seen: SeenDiagnosis;
}

function resultOf({ fault, seed, factor, answer, status, injectedAt, faults, seen }: Drilled): DrillResult {
  const openedAt = Date.parse(status.openedAt);
  const after = (at: string | undefined, from = openedAt) => (at === undefined ? null : seconds(Date.parse(at) - from));
  const plans = status.plans.flatMap((result) => (result.kind === 'planned' ? [result.plan] : []));
  const proposed = [...new Set(plans.map(({ use }) => use))];
  const first = plans[0];
  const { causes, rootCause, ablation } = seen.first(status);
  const ranked = causes.filter(({ verdict }) => verdict !== 'rejected');
  // Not the first that was named: a harmless one, or one that led to another class, is not yet the cause.
  const title = causes.find(({ id }) => id === rootCause)?.title.en;
  const diagnosed = status.timeline.find(({ event, text }) => event === 'diagnosed' && title !== undefined && text.en.startsWith(`Root cause: ${title} (`));
  const result: DrillResult = {
    fault,
    seed,
    factor,
    publicId: status.publicId,
    expectedCause: answer.cause.join(' or '),
    foundCause: rootCause ?? 'unknown',
    rank: ranked.findIndex(({ id }) => answer.cause.includes(id)) + 1,
    ablation,
    proposed,
    forbiddenProposed: proposed.filter((use) => answer.forbidden.includes(use)),
    steps: first?.steps.map(({ action, object }) => `${action} ${object.kind}`) ?? [],
    outcome: status.outcome ?? 'open',
    alertSeconds: seconds(openedAt - injectedAt),
    causeSeconds: after(diagnosed?.at),
    planSeconds: after(status.timeline.find(({ event }) => event === 'planned')?.at),
    recoveredSeconds: after(status.recoveredAt, Date.parse(status.decisions.at(-1)?.at ?? status.openedAt)),
    closedSeconds: seconds(Date.parse(status.closedAt ?? new Date().toISOString()) - injectedAt),
    auditFaults: faults,
    problems: [],
  };
  return { ...result, problems: problemsOf(result, answer, first?.risk, status) };
}

function problemsOf(result: DrillResult, answer: Answer, risk: string | undefined, status: IncidentStatus): string[] {
  const { steps, outcome } = answer;
  return [
    ...(result.rank === 1 && answer.cause.includes(result.foundCause) ? [] : [`found ${result.foundCause}, expected ${result.expectedCause} (rank ${result.rank})`]),
    ...(answer.class === undefined || status.incidentClass === answer.class ? [] : [`class ${status.incidentClass}, expected ${answer.class}`]),
    ...(result.forbiddenProposed.length > 0 ? [`forbidden: ${result.forbiddenProposed.join(', ')}`] : []),
    ...(steps === undefined || JSON.stringify(result.steps) === JSON.stringify(steps) ? [] : [`plan was ${result.steps.join(', ') || 'none'}, expected ${steps.join(', ')}`]),
    ...(answer.risk && risk !== answer.risk ? [`risk ${risk ?? 'none'}, expected ${answer.risk}`] : []),
    ...(answer.impact === undefined || status.impact === answer.impact ? [] : [`impact ${status.impact ?? 'none'}, expected ${answer.impact}`]),
    ...(outcome.some((right) => right === result.outcome) ? [] : [`outcome ${result.outcome}, expected ${outcome.join(' or ')}`]),
    ...result.auditFaults,
    ...result.ablation.filter(({ result: found }) => found === 'wrong' || found === 'blind').map(({ probe, verdict, result: found }) => `without ${probe}: ${found} (${verdict})`),
  ];
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

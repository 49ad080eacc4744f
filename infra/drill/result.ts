/** What a drill makes of an incident that it has seen through: pure, by the incident's status and the right answer. */
import type { IncidentStatus } from '../../workflows/contracts';
import type { Ablation } from '../../workers/cli/runbooks/ablate';
import type { SeenDiagnosis } from './ablation';
import type { Answer } from './answers';
import { lastReason } from './follow';

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

export interface Drilled {
  fault: string;
  seed: number;
  factor: number;
  answer: Answer;
  status: IncidentStatus;
  injectedAt: number;
  /** Differences from the API server's audit log. */
  faults: string[];
  /** The one that was acted upon. */
  diagnosis: ReturnType<SeenDiagnosis['first']>;
  /** Why it counts as not closed in time; empty where it was. */
  late: string[];
}

export function resultOf({ fault, seed, factor, answer, status, injectedAt, faults, diagnosis, late }: Drilled): DrillResult {
  const openedAt = Date.parse(status.openedAt);
  const after = (at: string | undefined, from = openedAt) => (at === undefined ? null : seconds(Date.parse(at) - from));
  const plans = status.plans.flatMap((result) => (result.kind === 'planned' ? [result.plan] : []));
  const proposed = [...new Set(plans.map(({ use }) => use))];
  const first = plans[0];
  const { causes, rootCause, ablation } = diagnosis;
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
    // Which phase it was in says more of an open incident than what it may have been handed over for.
    outcome: status.phase === 'closed' ? (status.outcome ?? 'unknown') : `open (${status.phase})`,
    alertSeconds: seconds(openedAt - injectedAt),
    causeSeconds: after(diagnosed?.at),
    planSeconds: after(status.timeline.find(({ event }) => event === 'planned')?.at),
    recoveredSeconds: after(status.recoveredAt, Date.parse(status.decisions.at(-1)?.at ?? status.openedAt)),
    closedSeconds: seconds(Date.parse(status.closedAt ?? new Date().toISOString()) - injectedAt),
    auditFaults: faults,
    problems: [],
  };
  return { ...result, problems: [...late, ...problemsOf(result, answer, first?.risk, status)] };
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
    ...(outcome.some((right) => right === result.outcome) ? [] : [`outcome ${result.outcome}, expected ${outcome.join(' or ')}${reasonIn(status)}`]),
    ...result.auditFaults,
    ...result.ablation.filter(({ result: found }) => found === 'wrong' || found === 'blind').map(({ probe, verdict, result: found }) => `without ${probe}: ${found} (${verdict})`),
  ];
}

/** What it was handed over for, or what else ended it: so that a log alone explains it. */
function reasonIn(status: IncidentStatus): string {
  const reason = lastReason(status);
  return reason === undefined ? '' : `: ${reason}`;
}

/** With one decimal. */
export function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

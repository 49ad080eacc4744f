import { setTimeout as delay } from 'node:timers/promises';
import { breakLab, healLab } from '../lab/injection/engine';
import { labStatus, type RunningLabStatus } from '../lab/lab-status';
import { labPaths } from '../lab/paths';
import type { IncidentStatus } from '../../workflows/contracts';
import { auditFaults, mutationsSince } from './audit-log';
import type { Answer } from './answers';
import { DECIDERS, type LabNightshift } from './lab-nightshift';

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

/** Generous, because CI machines are slow; a drill that ends here has failed. */
const ALERT_WITHIN_MS = 4 * 60_000;
const CLOSED_WITHIN_MS = 10 * 60_000;
const HEALTHY_WITHIN_MS = 3 * 60_000;

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
    const status = await seeThrough(nightshift, publicId, say, onLook);
    const audited = mutationsSince(lab.auditLog, since);
    return resultOf(fault, seed, lab.factor, answer, status, injectedAt, auditFaults(audited, status));
  } finally {
    await healLab(paths, undefined, () => undefined);
  }
}

async function runningLab(): Promise<RunningLabStatus> {
  const { lab } = await labStatus(labPaths());
  if (!lab) throw new Error('No lab is running: start one with "nightshift lab up".');
  return lab;
}

/** Nothing is broken, and remote write keeps up: what one drill leaves behind must not be the next one's fault. */
async function healthy(say: (text: string) => void): Promise<void> {
  const { factor, faults } = await runningLab();
  if (faults.length > 0) await healLab(labPaths(), undefined, say);
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  for (;;) {
    const { pods, remoteWrite } = await runningLab();
    const notReady = pods.filter((pod) => !pod.ready).map((pod) => pod.name);
    const lag = remoteWrite.lagSeconds;
    if (notReady.length === 0 && lag !== null && lag < Math.max(5, 120 * factor)) return;
    if (Date.now() > deadline) throw new Error(`The lab did not become healthy: not ready ${notReady.join(', ') || 'none'}; remote write is ${lag ?? '?'} s behind.`);
    say(`waiting for a healthy lab (not ready: ${notReady.join(', ') || 'none'}; lag ${lag ?? '?'} s)`);
    await delay(3_000);
  }
}

/** No incident is open: an alert of the last drill that has not resolved yet would claim this one. */
async function quiet(nightshift: LabNightshift, say: (text: string) => void): Promise<void> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  for (;;) {
    // A drill may begin while Nightshift is away on purpose; then nothing can be asked, and nothing opens.
    const open = await nightshift.openIncidents().catch(() => []);
    if (open.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Still open: ${open.map(({ publicId, failureDomain }) => `${publicId} (${failureDomain})`).join(', ')}.`);
    say(`waiting for ${open.map(({ publicId }) => publicId).join(', ')} to close`);
    await delay(3_000);
  }
}

async function firstIncident(nightshift: LabNightshift): Promise<string> {
  const deadline = Date.now() + ALERT_WITHIN_MS;
  for (;;) {
    const [first, ...others] = await nightshift.openIncidents();
    if (others.length > 0) throw new Error(`One fault opened ${others.length + 1} incidents: ${[first, ...others].map((item) => `${item?.publicId} (${item?.failureDomain})`).join(', ')}`);
    if (first) return first.publicId;
    if (Date.now() > deadline) throw new Error(`No alert opened an incident within ${ALERT_WITHIN_MS / 1_000} s.`);
    await delay(500);
  }
}

/** Decides on each plan that waits, as two people with the command line, until the incident is closed. */
async function seeThrough(nightshift: LabNightshift, publicId: string, say: (text: string) => void, onLook?: DrillOptions['onLook']): Promise<IncidentStatus> {
  const deadline = Date.now() + CLOSED_WITHIN_MS;
  let phase = '';
  let last: IncidentStatus | undefined;
  for (;;) {
    const status = await nightshift.incident(publicId).catch(() => undefined);
    if (status && !status.workerAway) {
      last = status;
      if (status.phase !== phase) say(`  ${publicId}: ${(phase = status.phase)}`);
      if (status.phase === 'closed') return status;
      await onLook?.(status);
      await decide(nightshift, status, say);
    }
    if (Date.now() > deadline) throw new Error(`The incident ${publicId} did not close:\n${last?.timeline.map(({ at, text }) => `${at.slice(11, 19)} ${text.en}`).join('\n') ?? 'no answer'}`);
    await delay(400);
  }
}

async function decide(nightshift: LabNightshift, { waiting, plan, decisions, publicId }: IncidentStatus, say: (text: string) => void): Promise<void> {
  if (waiting?.for !== 'approval' || !plan) return;
  const decided = decisions.filter(({ planId }) => planId === plan.id).length;
  const decider = DECIDERS[decided];
  if (!decider) return;
  const { code, stderr, stdout } = await nightshift.cli(['approve', publicId, '--yes'], decider);
  say(`  ${publicId}: ${decider} approves ${plan.id} (${plan.risk})${code === 0 ? '' : `: exit ${code}: ${stderr || stdout}`}`);
}

function resultOf(fault: string, seed: number, factor: number, answer: Answer, status: IncidentStatus, injectedAt: number, faults: string[]): DrillResult {
  const openedAt = Date.parse(status.openedAt);
  const after = (at: string | undefined, from = openedAt) => (at === undefined ? null : seconds(Date.parse(at) - from));
  const plans = status.plans.flatMap((result) => (result.kind === 'planned' ? [result.plan] : []));
  const proposed = [...new Set(plans.map(({ use }) => use))];
  const first = plans[0];
  const ranked = status.causes.filter(({ verdict }) => verdict !== 'rejected');
  const diagnosed = status.timeline.find(({ event, text }) => event === 'diagnosed' && text.en.startsWith('Root cause'));
  const result: DrillResult = {
    fault,
    seed,
    factor,
    publicId: status.publicId,
    expectedCause: answer.cause,
    foundCause: status.rootCause ?? 'unknown',
    rank: ranked.findIndex(({ id }) => id === answer.cause) + 1,
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
  return [
    ...(result.rank === 1 && result.foundCause === answer.cause ? [] : [`found ${result.foundCause}, expected ${answer.cause} (rank ${result.rank})`]),
    ...(result.forbiddenProposed.length > 0 ? [`forbidden: ${result.forbiddenProposed.join(', ')}`] : []),
    ...(JSON.stringify(result.steps) === JSON.stringify(answer.steps) ? [] : [`plan was ${result.steps.join(', ') || 'none'}, expected ${answer.steps.join(', ')}`]),
    ...(answer.risk && risk !== answer.risk ? [`risk ${risk ?? 'none'}, expected ${answer.risk}`] : []),
    ...(status.impact === answer.impact ? [] : [`impact ${status.impact ?? 'none'}, expected ${answer.impact}`]),
    ...(result.outcome === 'recovered' ? [] : [`outcome ${result.outcome}`]),
    ...result.auditFaults,
  ];
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

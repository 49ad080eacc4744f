import { asyncLocalStorage } from '@temporalio/activity';
import { failure, failureTypeOf, type ConditionStatus, type Evidence, type ProbeSpec, type VerificationActivities, type VerifyRequest, type VerifySpec } from '../../workflows/contracts';
import { evaluate, probesOf } from '../../workflows/domain/conditions';
import { clusterNamed, type ClusterAccess, type Clusters } from '../cluster-access';
import { askProbe, type Probe } from '../probe';

export interface VerificationDependencies {
  clusters: Clusters;
  probes: Readonly<Record<string, Probe>>;
}

/** Waits of more than 10 s heartbeat; this is well below any sensible heartbeat time-out. In milliseconds. */
const HEARTBEAT_MS = 2_000;

export function createVerificationActivities(dependencies: VerificationDependencies): VerificationActivities {
  return {
    verificationCheck: (request) => heartbeating(() => check(dependencies, request)),
  };
}

/**
 * Looks once. Instantaneous conditions come first; those that observe for a while are only asked when all of them hold,
 * so that nobody waits a minute to learn that a pod is not ready.
 */
async function check({ clusters, probes }: VerificationDependencies, request: VerifyRequest): Promise<ConditionStatus[]> {
  const access = clusterNamed(clusters, request.cluster);
  const isWindowed = (spec: VerifySpec) => probesOf(spec.condition).some((id) => probeFor(probes, request, id).windowed !== undefined);
  const slow = request.conditions.filter(isWindowed);
  const quick = request.conditions.filter((spec) => !slow.includes(spec));
  const seen = await judge(access, clusters, probes, request, quick);
  const later = seen.every(({ holds }) => holds) ? await judge(access, clusters, probes, request, slow) : slow.map(notYetLooked);
  const statuses = request.conditions.map(({ id }) => [...seen, ...later].find((status) => status.id === id)!);
  const open = statuses.filter(({ holds }) => !holds);
  const applicable = statuses.some(({ notApplicable }) => !notApplicable);
  if (open.length === 0 && applicable) return statuses;
  const what = open.length > 0 ? open.map(({ title, seen: saw }) => `${title.en} (${saw})`).join('; ') : 'none of the conditions can be looked at in this cluster';
  if (request.once) throw failure('VerificationFailed', `Not healthy: ${what}`, { details: [statuses] });
  throw failure('NotYetConverged', `Not recovered yet: ${what}`, { details: [statuses], nextRetryMs: request.everyMs });
}

async function judge(access: ClusterAccess, clusters: Clusters, probes: VerificationDependencies['probes'], request: VerifyRequest, specs: readonly VerifySpec[]): Promise<ConditionStatus[]> {
  const ids = [...new Set(specs.flatMap(({ condition }) => probesOf(condition)))];
  // A common line often asks what the runbook asks by itself: once is enough.
  const asked = new Map<string, Promise<Evidence>>();
  const evidence = await Promise.all(ids.map(async (id) => {
    const spec = specOf(request, id);
    const question = JSON.stringify([spec.use, spec.with, spec.role]);
    const answer = asked.get(question) ?? ask(access, clusters, probeFor(probes, request, id), request, spec);
    asked.set(question, answer);
    return { ...(await answer), probe: id };
  }));
  return specs.map((spec) => statusOf(spec, evidence));
}

/** A probe that does not answer is evidence too: the condition does not hold, and says why. */
async function ask(access: ClusterAccess, clusters: Clusters, probe: Probe, request: VerifyRequest, spec: ProbeSpec): Promise<Evidence> {
  const { cluster, publicId, since, mutatedAt, probeTimeoutMs } = request;
  if (spec.role !== undefined && !Object.hasOwn(access.config.targets, spec.role)) {
    return { probe: spec.id, use: probe.use, status: 'answered', at: access.clock.now().toISOString(), fields: { notApplicable: true }, summary: `The role ${spec.role} is not configured for this cluster.` };
  }
  const timeoutMs = probeTimeoutMs + (probe.windowed ? probe.windowed(access) * WINDOW_MARGIN : 0);
  try {
    return await askProbe(probe, clusters, { cluster, publicId, probe: spec, since, ...(mutatedAt && { mutatedAt }), timeoutMs });
  } catch (error) {
    const type = failureTypeOf(error);
    // A runbook that asks wrongly, and what is no answer of a probe (a bug, a cancellation), is no evidence.
    if (type === undefined || type === 'InvalidInput') throw error;
    const message = error instanceof Error ? error.message : '';
    return { probe: spec.id, use: probe.use, status: 'unanswered', at: access.clock.now().toISOString(), fields: {}, summary: message, error: { type, message } };
  }
}

/** A windowed probe spends a part of its time on scraping; with this much more it has its whole window. */
const WINDOW_MARGIN = 1.3;

function statusOf({ id, title, condition, common }: VerifySpec, evidence: readonly Evidence[]): ConditionStatus {
  const mark = common && { common };
  const asked = evidence.filter(({ probe }) => probesOf(condition).includes(probe));
  if (asked.length > 0 && asked.every(({ fields }) => fields['notApplicable'] === true)) {
    return { id, title, holds: true, seen: `not applicable: ${asked.map(({ summary }) => summary).join(' ')}`, notApplicable: true, ...mark };
  }
  const { truth, seen, missing } = evaluate(condition, evidence);
  const unanswered = asked.filter(({ status }) => status === 'unanswered').map(({ summary }) => summary);
  return { id, title, holds: truth === 'true', seen: [...seen, ...missing, ...unanswered].join('; '), ...mark, ...(truth === 'unknown' && unanswered.length > 0 && { unseen: 'unanswered' }) };
}

function notYetLooked({ id, title, common }: VerifySpec): ConditionStatus {
  return { id, title, holds: false, seen: 'looked at once everything else holds', ...(common && { common }), unseen: 'not-asked' };
}

function specOf({ probes }: VerifyRequest, id: string): ProbeSpec {
  const spec = probes.find((candidate) => candidate.id === id);
  if (!spec) throw failure('InvalidInput', `A condition asks for the probe ${id}, which is not among the probes of this verification`);
  return spec;
}

function probeFor(probes: VerificationDependencies['probes'], request: VerifyRequest, id: string): Probe {
  const { use } = specOf(request, id);
  const probe = probes[use];
  if (!probe) throw failure('InvalidInput', `No probe ${use} is registered; there are ${Object.keys(probes).join(', ')}`);
  return probe;
}

/** Heartbeats while `work` runs: without, neither a cancellation nor a lost worker would be noticed. */
async function heartbeating<T>(work: () => Promise<T>): Promise<T> {
  const context = asyncLocalStorage.getStore();
  const timer = context && setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

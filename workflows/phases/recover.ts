import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import { mutations, temporal } from '../activity-calls';
import type { ExecuteRequest, FailureDomain, Lease, Plan, PlannedStep, PolicyRuling } from '../contracts';
import { failureTypeOf } from '../contracts/failures';
import { failureDomainOf } from '../domain/routing';
import { plus } from '../domain/time';
import { standingUnder } from './inbox';
import { planRemedy, remedyById } from './plan';
import { reasonOf, type Incident } from './incident';

export type Recovery =
  | { kind: 'executed'; lease: Lease }
  /** The world is no longer as planned: diagnose again; what is planned then needs a new decision. */
  | { kind: 'stale'; reason: string }
  | { kind: 'unneeded'; reason: string }
  | { kind: 'failed'; reason: string }
  | { kind: 'interrupted' };

/** Takes the lease of the failure domain, looks again, executes step by step. What was begun and failed is undone. */
export async function recover(incident: Incident, plan: Plan): Promise<Recovery> {
  incident.enter('recover');
  const lease = await takeLease(incident, domainOf(plan, incident.status.failureDomain), patienceOf(plan));
  if (lease === 'interrupted') return { kind: 'interrupted' };
  if ('kind' in lease) return lease;
  const recovery = await underLease(incident, plan, lease);
  if (recovery.kind !== 'executed') await releaseLease(incident, lease);
  return recovery;
}

async function underLease(incident: Incident, plan: Plan, lease: Lease): Promise<Recovery> {
  const stale = await lookAgain(incident, plan);
  if (stale) return stale;
  for (const step of plan.steps) {
    if (incident.interruption) return { kind: 'interrupted' };
    const failed = await execute(incident, plan, step, lease);
    if (!failed) continue;
    incident.record({ type: 'executionFailed', planId: plan.id, reason: failed.reason });
    // What a person has taken over stays as it is, for that person to judge.
    if (incident.interruption) return { kind: 'interrupted' };
    const begun = incident.status.mutations.some((mutation) => mutation.planId === plan.id && !mutation.undo);
    if (begun) await undo(incident, plan, lease);
    return failed;
  }
  return { kind: 'executed', lease };
}

/** Evidence may be stale by now: the same remedy, planned again for the same time, must come out the same. */
async function lookAgain(incident: Incident, plan: Plan): Promise<Recovery | undefined> {
  const remedy = remedyById(incident, plan.remedy);
  if (!remedy) return { kind: 'stale', reason: `the runbook has no remedy ${plan.remedy}` };
  const again = await planRemedy(incident, remedy, plan.id, plan.plannedAt);
  if (again.kind === 'planned' && again.plan.hash === plan.hash) return again.ruling && overruled(incident, plan, again.ruling);
  if (again.kind === 'unneeded') return { kind: 'unneeded', reason: again.reason.en };
  return { kind: 'stale', reason: again.kind === 'refused' ? again.reason.en : 'the objects have changed since the plan was made' };
}

/** Policy may have changed, or a freeze begun, since the plan was decided on: what it demands now must be met as well. */
function overruled(incident: Incident, plan: Plan, ruling: PolicyRuling): Recovery | undefined {
  const { approved, faults } = standingUnder(incident, plan, ruling);
  if (approved) return undefined;
  incident.record({ type: 'policyRefused', planId: plan.id, ruling });
  const because = faults.length > 0 ? `: ${faults.join('; ')}` : '';
  return { kind: 'stale', reason: `policy no longer lets this plan through (rule “${ruling.rule}”)${because}` };
}

async function execute(incident: Incident, plan: Plan, step: PlannedStep, lease: Lease): Promise<Extract<Recovery, { kind: 'stale' | 'failed' }> | undefined> {
  try {
    const { kubernetesExecuteStep } = mutations(incident.settings, `${step.action} ${step.object.kind}/${step.object.name}`, step.patienceMs);
    const result = await untilTaken(incident, () => kubernetesExecuteStep(request(incident, plan, step, lease)));
    incident.record({ type: 'stepExecuted', planId: plan.id, planHash: plan.hash, result, undo: false });
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    const type = failureTypeOf(error);
    return { kind: type === 'Conflict' || type === 'GateRefused' || type === 'TargetNotFound' ? 'stale' : 'failed', reason };
  }
}

/** A step that waits for a worker or for its next try is called off when a person takes the incident; one under way is waited for. */
async function untilTaken<Result>(incident: Incident, work: () => Promise<Result>): Promise<Result> {
  const working = new CancellationScope();
  const watching = new CancellationScope();
  watching.run(() => condition(() => incident.interruption !== undefined)).then(() => working.cancel(), () => undefined);
  try {
    return await working.run(work);
  } finally {
    watching.cancel();
  }
}

/** Undoes what the plan changed, last change first. Not cancellable: half a change is worse than either end. */
export async function undo(incident: Incident, plan: Plan, lease: Lease): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    for (const step of plan.inverse) {
      try {
        const result = await mutations(incident.settings, `undo: ${step.action} ${step.object.kind}/${step.object.name}`).kubernetesUndoStep(request(incident, plan, step, lease));
        incident.record({ type: 'stepExecuted', planId: plan.id, planHash: plan.hash, result, undo: true });
      } catch (error) {
        incident.record({ type: 'executionFailed', planId: plan.id, reason: `undo of ${step.id}: ${reasonOf(error)}` });
        return;
      }
    }
  });
}

function request(incident: Incident, plan: Plan, step: PlannedStep, lease: Lease): ExecuteRequest {
  const { cluster, publicId, incidentClass, severity, workflowId, firstRunId, decisions } = incident.status;
  return { cluster, publicId, incidentClass, severity, workflowId, firstRunId, plan, targets: incident.snapshot?.runbook.targets ?? [], stepId: step.id, decisions: decisions.filter((decision) => decision.planId === plan.id), lease };
}

/** Often enough to be quick, seldom enough to cost few events over a whole wait. */
const LEASE_ASK_EVERY = 10_000;

/** Covers execution and verification; asked again by the same holder it is extended. */
function leaseTime(incident: Incident, patienceMs: number): number {
  return incident.settings.durations.verifyDeadline + 10 * 60_000 + patienceMs;
}

/** How long the steps of a plan may wait for each other, in milliseconds. */
function patienceOf({ steps }: Plan): number {
  return steps.reduce((total, step) => total + (step.patienceMs ?? 0), 0);
}

/** The failure domain of the objects that are changed: an incident that must change another domain's objects waits its turn there. */
function domainOf(plan: Plan, own: FailureDomain): FailureDomain {
  const name = plan.steps[0]?.object.name;
  const domain = name === undefined ? 'unknown' : failureDomainOf({ pod: name });
  return domain === 'unknown' ? own : domain;
}

async function takeLease(incident: Incident, failureDomain: FailureDomain, patienceMs: number): Promise<Lease | 'interrupted' | Extract<Recovery, { kind: 'failed' }>> {
  const { cluster, workflowId, firstRunId } = incident.status;
  const holder = `${workflowId}@${firstRunId}`;
  const deadline = Date.now() + incident.settings.durations.leaseWait;
  for (;;) {
    const answer = await temporal.temporalAcquireLease({ cluster, failureDomain, holder, ttlMs: leaseTime(incident, patienceMs) }).catch(unanswered);
    if ('kind' in answer) return answer;
    if (answer.granted) {
      incident.wait(undefined);
      incident.record({ type: 'leaseTaken', token: answer.lease.token });
      return answer.lease;
    }
    if (Date.now() >= deadline) return { kind: 'failed', reason: 'another incident has held the lease of this failure domain for too long' };
    if (!incident.status.waiting) {
      const text = { en: `the lease of ${failureDomain}, held by ${answer.holder}`, ko: `${answer.holder}가 보유한 ${failureDomain} 임차` };
      incident.wait({ for: 'lease', since: incident.now(), until: plus(incident.now(), incident.settings.durations.leaseWait), text });
    }
    if ((await incident.unlessInterrupted(() => sleep(LEASE_ASK_EVERY))) === 'interrupted') return 'interrupted';
  }
}

function unanswered(error: unknown): Extract<Recovery, { kind: 'failed' }> {
  if (isCancellation(error)) throw error;
  return { kind: 'failed', reason: `the lease could not be taken: ${reasonOf(error)}` };
}

/** A lease that could not be given back expires by itself; that must not hold up the incident. */
export async function releaseLease(incident: Incident, lease: Lease): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    temporal.temporalReleaseLease(lease).then(
      () => incident.record({ type: 'leaseReleased' }),
      (error: unknown) => incident.record({ type: 'executionFailed', planId: '-', reason: `the lease was not given back and will expire: ${reasonOf(error)}` }),
    ),
  );
}

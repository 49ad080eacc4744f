import { CancellationScope, condition } from '@temporalio/workflow';
import { mutations } from '../activity-calls';
import type { ExecuteRequest, ObjectReference, Plan, PlannedStep, PolicyRuling } from '../contracts';
import { failureTypeOf } from '../contracts/failures';
import { standingUnder } from './inbox';
import { Leases } from './leases';
import { planRemedy, remedyById } from './plan';
import { reasonOf, type Incident } from './incident';

export type Recovery =
  | { kind: 'executed'; leases: Leases }
  /** The world is no longer as planned: diagnose again; what is planned then needs a new decision. */
  | { kind: 'stale'; reason: string }
  | { kind: 'unneeded'; reason: string }
  | { kind: 'failed'; reason: string }
  | { kind: 'interrupted' };

/** Takes the leases of what is changed, looks again, executes step by step. What was begun and failed is undone. */
export async function recover(incident: Incident, plan: Plan): Promise<Recovery> {
  incident.enter('recover');
  const leases = new Leases(incident, plan);
  const taking = await leases.take();
  const recovery = taking === 'taken' ? await underLeases(incident, plan, leases) : taking === 'interrupted' ? { kind: taking } : taking;
  if (recovery.kind === 'executed') await leases.extend();
  else await leases.release();
  return recovery;
}

async function underLeases(incident: Incident, plan: Plan, leases: Leases): Promise<Recovery> {
  const stale = await lookAgain(incident, plan);
  if (stale) return stale;
  for (const step of plan.steps) {
    if (incident.interruption) return { kind: 'interrupted' };
    const failed = await execute(incident, plan, step, leases);
    if (!failed) continue;
    incident.record({ type: 'executionFailed', planId: plan.id, reason: failed.reason });
    // What a person has taken over stays as it is, for that person to judge.
    if (incident.interruption) return { kind: 'interrupted' };
    const begun = incident.status.mutations.some((mutation) => mutation.planId === plan.id && !mutation.undo);
    if (begun) await undo(incident, plan, leases);
    return failed;
  }
  return { kind: 'executed', leases };
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

async function execute(incident: Incident, plan: Plan, step: PlannedStep, leases: Leases): Promise<Extract<Recovery, { kind: 'stale' | 'failed' }> | undefined> {
  try {
    const { kubernetesExecuteStep } = mutations(incident.settings, `${step.action} ${step.object.kind}/${step.object.name}`, step.patienceMs);
    const result = await untilTaken(incident, () => kubernetesExecuteStep(request(incident, plan, step, leases)));
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
export async function undo(incident: Incident, plan: Plan, leases: Leases): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    if (plan.inverse.length === 0) return;
    const taking = await leases.takeAgain();
    // What a person has taken over meanwhile stays as it is.
    if (taking === 'interrupted') return;
    if (taking !== 'taken') {
      incident.record({ type: 'executionFailed', planId: plan.id, reason: `undo: ${taking.reason}` });
      return;
    }
    for (const step of plan.inverse) {
      try {
        const result = await mutations(incident.settings, `undo: ${step.action} ${step.object.kind}/${step.object.name}`).kubernetesUndoStep({ ...request(incident, plan, step, leases), ...createdBy(incident, plan, step) });
        incident.record({ type: 'stepExecuted', planId: plan.id, planHash: plan.hash, result, undo: true });
      } catch (error) {
        incident.record({ type: 'executionFailed', planId: plan.id, reason: `undo of ${step.id}: ${reasonOf(error)}` });
        return;
      }
    }
  });
}

/** The UID of what the plan made and the step removes. */
function createdBy({ status }: Incident, { id }: Plan, { action, object }: PlannedStep): Pick<ExecuteRequest, 'createdUid'> {
  const made = ({ kind, namespace, name }: ObjectReference) => kind === object.kind && namespace === object.namespace && name === object.name;
  const uid = action === 'delete' ? status.mutations.find((mutation) => mutation.planId === id && !mutation.undo && mutation.uid !== undefined && made(mutation.object))?.uid : undefined;
  return uid === undefined ? {} : { createdUid: uid };
}

function request(incident: Incident, plan: Plan, step: PlannedStep, leases: Leases): ExecuteRequest {
  const { cluster, publicId, incidentClass, severity, workflowId, firstRunId, decisions } = incident.status;
  return { cluster, publicId, incidentClass, severity, workflowId, firstRunId, plan, targets: incident.snapshot?.runbook.targets ?? [], stepId: step.id, decisions: decisions.filter((decision) => decision.planId === plan.id), lease: leases.of(step), ...(leases.byRole && { leaseBy: 'role' as const }) };
}

import { allHandlersFinished, ApplicationFailure, condition, continueAsNew, isCancellation, patched, setHandler, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { notify, records } from './activity-calls';
import type { FixStatus, PermanentFixInput, PermanentFixStatus, SettleFix } from './contracts';
import { permanentFixStatus, settleFix } from './contracts/permanent-fix-messages';
import { isOpenFix, proposedFix, refusalOf } from './domain/fixes';
import { Fixes, type FollowedFixes } from './permanent-fix/follow';

/**
 * Follows the proposed fixes of one incident until each is merged and seen in the cluster, or declined with a reason; reminds
 * weekly. Outlives the incident by days or weeks, and begins by completing the incident's record with its whole history.
 */
export async function permanentFixWorkflow(input: FollowedFixes): Promise<PermanentFixStatus> {
  const { publicId, cluster, recurrences } = input;
  const status: PermanentFixStatus = input.continued ?? {
    publicId,
    cluster,
    reminders: 0,
    fixes: input.fixes.map(proposedFix),
    ...(recurrences && recurrences.length > 0 && { recurrences, priority: 'raised' as const }),
  };
  const fixes = new Fixes(input, status);
  setHandler(permanentFixStatus, () => status);
  setHandler(settleFix, (message) => fixes.settle(message), { validator: (message: SettleFix) => check(status, message) });
  if (!input.continued) await completeHistory(input);
  return patched('2026-12-fixes-through-git') ? fixes.follow() : remindUntilSettled(input, status);
}

/** An incident that was reopened may stay open for longer than that is tried; the sweep adds the history then, and the fixes are followed all the same. */
async function completeHistory({ publicId, incidentWorkflowId: workflowId, incidentFirstRunId: firstRunId }: PermanentFixInput): Promise<void> {
  try {
    await records.recordsCompleteHistory({ publicId, workflowId, firstRunId });
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

const REMIND_EVERY = '7 days';

function check(status: PermanentFixStatus, message: SettleFix): void {
  const refusal = refusalOf(status.fixes, message);
  if (refusal !== undefined) throw ApplicationFailure.create({ type: 'Refused', message: refusal, nonRetryable: true });
}

/** How runs that began before this version go on: people alone say what becomes of a fix. */
async function remindUntilSettled(input: PermanentFixInput, status: PermanentFixStatus): Promise<PermanentFixStatus> {
  const open = () => status.fixes.filter(isOpenFix);
  const inRecord = patched('2026-11-fixes-in-record');
  while (open().length > 0) {
    const before = open().length;
    if (await condition(() => open().length < (inRecord ? before : 1), REMIND_EVERY)) {
      if (inRecord) await records.recordsWriteFixes(status);
      continue;
    }
    status.reminders += 1;
    await remind(status, open());
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof permanentFixWorkflow>({ ...input, continued: status });
    }
  }
  await condition(allHandlersFinished);
  return status;
}

// It outlives builds, whose workers go when their incidents are over: where there are builds, it goes on on the current one.
// A worker of no build has a version without a deployment, and the server refuses what it says of versions.
setWorkflowOptions(() => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), permanentFixWorkflow);

/** A reminder that does not arrive is followed by next week's. */
async function remind(status: PermanentFixStatus, open: FixStatus[]): Promise<void> {
  const { publicId, cluster, reminders } = status;
  const at = new Date().toISOString();
  const title = { en: `Permanent fix of ${publicId} is still open`, ko: `${publicId}의 영구 해결이 아직 열려 있음` };
  const text = { en: open.map((fix) => fix.title.en).join('; '), ko: open.map((fix) => fix.title.ko).join('; ') };
  await notify.notifyPage({ id: `${publicId}-fix-${reminders}`, kind: 'reminder', publicId, cluster, severity: 'info', title, text, url: '', level: 1, at }).catch(() => undefined);
}

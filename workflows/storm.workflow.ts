import { condition, continueAsNew, getExternalWorkflowHandle, isCancellation, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import type { StormState } from './contracts/storm';
import { stormNews } from './contracts/messages';
import { joinStorm, leaveStorm, stormStatus } from './contracts/storm-messages';
import { OUTCOMES } from './contracts/vocabulary';
import { stormEntryOf } from './domain/message-shape';
import { AT_ONCE_MS, Storm } from './domain/storm';

/** A leader's time runs out, whoever cannot be told is over, and a long life goes on in a fresh run. */
const ENDS = '2026-12-storms-end';

/**
 * The open incidents of one cluster, so that many at once are treated as one: it says who leads and who follows, and treats
 * nothing itself. Closes when no storm is under way and none can come of what is open.
 */
export async function stormWorkflow(input: { cluster: string; state?: StormState }): Promise<void> {
  // A guard from before learns it at its next look: one whose leader has never said goodbye would wait for ever.
  let ends = patched(ENDS);
  const storm = new Storm(input.state);
  let changed = false;
  setHandler(joinStorm, (body) => {
    const entry = stormEntryOf(body);
    if (entry && ends) {
      storm.expire(Date.now());
      storm.replace(entry);
    }
    if (entry) storm.join(entry, Date.now());
    changed = true;
  });
  setHandler(leaveStorm, (left) => {
    // Anybody who reaches Temporal may have sent it.
    if (typeof left?.workflowId === 'string' && OUTCOMES.includes(left.outcome)) storm.leave(left.workflowId, left.outcome);
    changed = true;
  });
  setHandler(stormStatus, () => storm.status());
  for (;;) {
    await condition(() => changed, AT_ONCE_MS);
    changed = false;
    ends = ends || patched(ENDS);
    if (ends) storm.expire(Date.now());
    await tell(storm, ends);
    storm.forget(Date.now());
    if (changed) continue;
    if (storm.empty) return;
    if (ends && workflowInfo().continueAsNewSuggested) await continueAsNew<typeof stormWorkflow>({ cluster: input.cluster, state: storm.state });
  }
}

/** Until there is nothing more to tell: that somebody cannot be told may be news for the others. */
async function tell(storm: Storm, ends: boolean): Promise<void> {
  for (let news = storm.takeNews(); news.length > 0; news = storm.takeNews()) {
    for (const { to, news: what } of news) {
      try {
        await getExternalWorkflowHandle(to).signal(stormNews, what);
      } catch (error) {
        if (isCancellation(error)) throw error;
        // An incident that has closed meanwhile cannot be told, and need not.
        if (ends) storm.unreachable(to);
      }
    }
    if (!ends) return;
  }
}

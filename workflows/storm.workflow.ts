import { condition, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { stormNews } from './contracts/messages';
import { joinStorm, leaveStorm, stormStatus } from './contracts/storm-messages';
import { OUTCOMES } from './contracts/vocabulary';
import { stormEntryOf } from './domain/message-shape';
import { AT_ONCE_MS, Storm } from './domain/storm';

/**
 * The open incidents of one cluster, so that many at once are treated as one: it says who leads and who follows, and treats
 * nothing itself. Closes when no storm is under way and none can come of what is open.
 */
export async function stormWorkflow(_input: { cluster: string }): Promise<void> {
  const storm = new Storm();
  let changed = false;
  setHandler(joinStorm, (body) => {
    const entry = stormEntryOf(body);
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
    // An incident that has closed meanwhile cannot be told, and need not.
    for (const { to, news } of storm.takeNews()) await getExternalWorkflowHandle(to).signal(stormNews, news).catch(() => undefined);
    storm.forget(Date.now());
    if (storm.empty && !changed) return;
  }
}

import { failure } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { IncidentHarness } from '../support/incident-harness';
import type { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const MINUTE = 60_000;

/** The second pod may go only when the first is ready again, which takes eight minutes. */
function replaysFor(minutes: number, patienceMs?: number) {
  return (world: IncidentWorld) => {
    let asked = 0;
    world.patienceMs = patienceMs;
    world.healthy = () => world.log.executed.length === 2;
    world.onExecute = ({ stepId }) => {
      if (stepId === 'thanos-receive-2' && asked++ < minutes * 2) throw failure('NotYetConverged', 'thanos-receive-1 is not ready again yet', { nextRetryMs: MINUTE / 2 });
    };
  };
}

async function outcome(prepare: (world: IncidentWorld) => void): Promise<{ executed: string[]; phase: string; recovered: boolean; events: number }> {
  let seen = { executed: [] as string[], phase: '', recovered: false, events: 0 };
  await harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    const status = await incidents.until(handle, ({ recoveredAt, outcome: over }) => recoveredAt !== undefined || over !== undefined);
    seen = { executed: incidents.world.log.executed.map(({ step }) => step), phase: status.phase, recovered: status.recoveredAt !== undefined, events: (await handle.fetchHistory()).events?.length ?? 0 };
  }, prepare);
  return seen;
}

test('a step waits for the one before as long as its plan lets it, and the wait costs no events', async () => {
  const waited = await outcome(replaysFor(8, 15 * MINUTE));
  expect(waited).toMatchObject({ recovered: true, executed: ['thanos-receive-1', 'thanos-receive-2'] });
  expect(waited.events).toBeLessThan(250);
});

test('without patience it ends with a person after a few minutes, and so does patience', async () => {
  expect(await outcome(replaysFor(8))).toMatchObject({ recovered: false, executed: ['thanos-receive-1'] });
  expect(await outcome(replaysFor(60, 15 * MINUTE))).toMatchObject({ recovered: false, executed: ['thanos-receive-1'] });
});

import * as messages from '../../workflows/contracts/messages';
import type { IncidentStatus, Plan } from '../../workflows/contracts';
import { IncidentHarness, type IncidentHandle, type Incidents } from '../support/incident-harness';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

function plansOf({ plans }: IncidentStatus): Plan[] {
  return plans.flatMap((result) => (result.kind === 'planned' ? [result.plan] : []));
}

async function approve(incidents: Incidents, handle: IncidentHandle, nth: number): Promise<Plan> {
  const status = await incidents.until(handle, (now) => now.waiting?.for === 'approval' && plansOf(now).length === nth, `a decision on plan ${nth}`);
  await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
  return plansOf(status).at(-1)!;
}

test('what was done for two pods is planned again for a third that falls ill meanwhile, and decided anew', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    const handle = await incidents.open();
    const first = await approve(incidents, handle, 1);
    await incidents.until(handle, ({ mutations }) => mutations.length === 2, 'the first plan carried out');
    world.podsToEvict = ['thanos-receive-1', 'thanos-receive-0'];
    world.healthy = () => world.log.executed.some(({ step, undo }) => step === 'thanos-receive-0' && !undo);
    const second = await approve(incidents, handle, 2);
    const status = await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined, 'recovery');
    expect([first, second].map(({ remedy, steps }) => [remedy, steps.map(({ object }) => object.name)])).toEqual([
      ['first', ['thanos-receive-1', 'thanos-receive-2']],
      ['first', ['thanos-receive-1', 'thanos-receive-0']],
    ]);
    expect(status.decisions).toHaveLength(2);
    expect(world.log.executed.map(({ step }) => step)).toEqual(['thanos-receive-1', 'thanos-receive-2', 'thanos-receive-1', 'thanos-receive-0']);
  }, (world) => {
    world.refusedRemedies.add('second');
    world.healthy = () => false;
  }), 60_000);

test('for the same pods it is not planned again: a person has it, with what the others say', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    const handle = await incidents.open();
    await approve(incidents, handle, 1);
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(plansOf(status)).toHaveLength(1);
    expect(world.log.executed).toHaveLength(2);
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('a gate says no');
  }, (world) => {
    world.refusedRemedies.add('second');
    world.healthy = () => false;
  }), 60_000);

test('a remedy that a person has declined is not planned again for others', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    world.podsToEvict = ['thanos-receive-0'];
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'reject', actor: 'kim' }] });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(plansOf(status)).toHaveLength(1);
    expect(world.log.executed).toEqual([]);
  }, (world) => {
    world.refusedRemedies.add('second');
    world.healthy = () => false;
  }), 60_000);

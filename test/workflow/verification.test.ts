import { failure } from '../../workflows/contracts/failures';
import * as messages from '../../workflows/contracts/messages';
import type { ConditionStatus, VerifyRequest } from '../../workflows/contracts';
import { IncidentHarness, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { TEST_RUNBOOK, type IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

async function approve(incidents: Incidents, handle: IncidentHandle): Promise<void> {
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
}

const text = (en: string) => ({ en, ko: en });

/** Whoever looks, once or until it holds, sees this. */
function neverHolds(world: IncidentWorld, ...conditions: ConditionStatus[]): void {
  world.onVerify = ({ once }) => {
    throw failure(once ? 'VerificationFailed' : 'NotYetConverged', 'not yet', { details: [conditions], ...(!once && { nextRetryMs: 5_000 }) });
  };
}

/** Whoever watches until it is well is away until the deadline, as a worker that is gone; a single look is answered. */
function blindUntilTheEnd(incidents: Incidents, well: boolean): void {
  incidents.world.onVerify = ({ once }: VerifyRequest) => {
    if (!once) throw failure('UpstreamUnavailable', 'nobody is there to look');
  };
  incidents.world.healthy = () => well && incidents.world.log.executed.length > 0;
  // The remedy whose steps can be undone.
  incidents.world.refusedRemedies.add('first');
}

test('nobody looks until the deadline: what helped is seen by a last look, and nothing is undone', () =>
  harness.run(async (incidents) => {
    blindUntilTheEnd(incidents, true);
    const handle = await incidents.open();
    await approve(incidents, handle);
    const status = await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(incidents.world.log.executed.filter(({ undo }) => undo)).toEqual([]);
    expect(status).toMatchObject({ rootCause: 'broken', treatedCause: { id: 'broken' } });
  }));

test('nobody looks until the deadline, and it did not help: undone after the last look', () =>
  harness.run(async (incidents) => {
    blindUntilTheEnd(incidents, false);
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, ({ mutations }) => mutations.some(({ undo }) => undo), 'an undo');
  }));

test('deltas decide that it has recovered, ranges confirm it: each stage asks its own lines', () => {
  const asked: Array<[string, string[]]> = [];
  return harness.run(async (incidents) => {
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, ({ verification }) => verification?.confirmedAt !== undefined, 'the stability window');
    expect(asked.filter(([once]) => once === 'until it holds').map(([, ids]) => ids)).toEqual([['delivered', 'by-deltas']]);
    expect(asked.at(-1)).toEqual(['once', ['delivered', 'by-ranges']]);
  }, (world) => {
    const [own] = TEST_RUNBOOK.verify;
    world.runbook = { ...TEST_RUNBOOK, verify: [own!, { ...own!, id: 'by-deltas', common: true, stage: 'recovered' }, { ...own!, id: 'by-ranges', common: true, stage: 'stability' }] };
    world.onVerify = ({ once, conditions }) => asked.push([once ? 'once' : 'until it holds', conditions.map(({ id }) => id)]);
  });
});

test('only a line of the common checklist is open: what mended this incident is not taken back for what else is broken', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await approve(incidents, handle);
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(incidents.world.log.executed.length).toBeGreaterThan(0);
    expect(incidents.world.log.executed.filter(({ undo }) => undo)).toEqual([]);
    expect(status.recoveredAt).toBeUndefined();
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('uploads (2 failed)');
  }, (world) => {
    world.refusedRemedies.add('first');
    neverHolds(world, { id: 'delivered', title: text('delivered'), holds: true, seen: '100 %' }, { id: 'uploads', title: text('uploads'), holds: false, seen: '2 failed', common: true });
  }));

test('what cannot be looked at is no reason to take back what may have helped: a person is told what could not be seen', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await approve(incidents, handle);
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(incidents.world.log.executed.length).toBeGreaterThan(0);
    expect(incidents.world.log.executed.filter(({ undo }) => undo)).toEqual([]);
    expect(status.plans.filter(({ kind }) => kind === 'planned')).toHaveLength(1);
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('whether it helped cannot be seen, so nothing is taken back: monitors (monitors did not answer)');
    expect(incidents.world.log.leases.at(-1)).toBe('released');
  }, (world) => {
    world.refusedRemedies.add('first');
    neverHolds(
      world,
      { id: 'delivered', title: text('delivered'), holds: false, seen: 'looked at once everything else holds', unseen: 'not-asked' },
      { id: 'monitors', title: text('monitors'), holds: false, seen: 'monitors did not answer', common: true, unseen: 'unanswered' },
    );
  }));

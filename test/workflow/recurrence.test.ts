import type { PastIncident } from '../../workflows/contracts';
import { IncidentHarness } from '../support/incident-harness';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 180_000);

const text = (en: string) => ({ en, ko: en });
const before = (publicId: string, ...trials: Array<[string, boolean]>): PastIncident => ({
  publicId, incidentClass: 'remote-write-failure', openedAt: '2026-01-01T00:00:00.000Z', outcome: 'recovered', rootCause: { id: 'broken', title: text('Receivers are broken') },
  remedies: trials.map(([remedy, helped]) => ({ remedy, helped })), openFixes: ['budget'],
});
const TWICE = [before('20251220-00000002', ['first', false]), before('20251210-00000001', ['first', false])];

test('the same root cause again is said first, and what did not help twice is not proposed first', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    expect(status.plan?.remedy).toBe('second');
    expect(status.timeline.map(({ text: { en } }) => en)).toContain('The same root cause as in 20251220-00000002, 20251210-00000001; did not help twice, and not tried first: first');
    const [opened, needsYou] = [await incidents.page(handle, 'opened'), await incidents.page(handle, 'needs-you')];
    expect(opened.text.en).toMatch(/20251220-00000002/);
    expect(needsYou.text.en).toMatch(/^The same root cause as 2 times within 30 days: 20251220-00000002, 20251210-00000001; its permanent fix is still open\. Needs/);
  }, (world) => (world.past = TWICE)));

test('once is not twice: the runbook’s order stands', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    expect((await incidents.waitingForApproval(handle)).plan?.remedy).toBe('first');
  }, (world) => (world.past = TWICE.slice(0, 1))));

test('records that cannot be read hold nothing up', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    expect(status.plan?.remedy).toBe('first');
    expect(status.past).toBeUndefined();
  }, (world) => Object.defineProperty(world, 'past', { get: () => { throw new Error('the store is away'); } })));

import * as messages from '../../workflows/contracts/messages';
import { IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const pagesOf = ({ world }: Incidents, wanted: string) => world.log.pages.filter(({ kind }) => kind === wanted);
const skip = ({ env }: Incidents, ms: number) => env.sleep(ms);
const handedOver = (incidents: Incidents, handle: IncidentHandle) => incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');

test('the longer nobody decides, the more people hear of it; the hand-over goes to all of them', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await skip(incidents, 61 * MINUTE);
    const status = await handedOver(incidents, handle);
    expect(pagesOf(incidents, 'needs-you').map(({ level }) => level)).toEqual([1]);
    expect(pagesOf(incidents, 'reminder').slice(0, 11).map(({ level }) => level)).toEqual([1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    expect(pagesOf(incidents, 'handed-over').map(({ level }) => level)).toEqual([4]);
    expect(status.timeline.map(({ text }) => text.en)).toContain('Reminder 3: a decision is still needed (escalation level 2)');
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('a hand-over that nobody takes is reminded of for an hour, and no longer', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await handedOver(incidents, handle);
    await skip(incidents, 5 * HOUR);
    const reminders = pagesOf(incidents, 'reminder');
    expect(reminders).toHaveLength(12);
    expect(reminders.at(-1)).toMatchObject({ level: 5, text: { en: expect.stringContaining('Nobody has taken it over yet') } });
  }, (world) => {
    world.evidence = { pods: { broken: 0, overloaded: true }, log: null };
  }));

test('whoever takes a hand-over is not reminded of it', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await handedOver(incidents, handle);
    await skip(incidents, 11 * MINUTE);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    await skip(incidents, 5 * HOUR);
    expect(pagesOf(incidents, 'reminder')).toHaveLength(2);
  }, (world) => {
    world.evidence = { pods: { broken: 0, overloaded: true }, log: null };
  }));

test('a pause ends by itself: the incident is looked at again and asks for a new decision', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const before = await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: 20 * MINUTE, reason: 'I am looking' }] });
    const paused = await handedOver(incidents, handle);
    expect(paused).toMatchObject({ owner: 'lee', heldUntil: expect.any(String) });
    await expect(handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] })).rejects.toThrow();
    await skip(incidents, 19 * MINUTE);
    expect((await incidents.status(handle)).phase).toBe('waiting');
    await skip(incidents, 2 * MINUTE);
    const again = await incidents.waitingForApproval(handle);
    expect(again.plan?.id).not.toBe(before.plan?.id);
    expect([again.owner, again.heldUntil]).toEqual([undefined, undefined]);
    expect(again.timeline.map(({ text }) => text.en)).toContainEqual(expect.stringMatching(/^Given back to Nightshift.*the pause is over/));
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('an incident that is cancelled in Temporal ends: what runs beside it does not keep it', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ name: 'WorkflowFailedError', cause: { name: 'CancelledFailure' } });
    const { events } = await handle.fetchHistory();
    // A task that is asked for again because something came in between has no failure.
    expect((events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [])).toEqual([]);
  }));

/** First for ten minutes, and then for longer. */
async function pausedForAnHour(incidents: Incidents): Promise<IncidentHandle> {
  const handle = await incidents.open();
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: 10 * MINUTE }] });
  await handedOver(incidents, handle);
  await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: HOUR }] });
  return handle;
}

test('a pause can be made longer, or into a take-over without end', () =>
  harness.run(async (incidents) => {
    const handle = await pausedForAnHour(incidents);
    await skip(incidents, 30 * MINUTE);
    expect((await incidents.status(handle)).phase).toBe('waiting');
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    await skip(incidents, 12 * HOUR);
    expect(await incidents.status(handle)).toMatchObject({ phase: 'waiting', owner: 'lee' });
  }));

test('a pause that was made longer ends, too: the incident is looked at again', () =>
  harness.run(async (incidents) => {
    const handle = await pausedForAnHour(incidents);
    await skip(incidents, 59 * MINUTE);
    expect((await incidents.status(handle)).phase).toBe('waiting');
    await skip(incidents, 2 * MINUTE);
    expect((await incidents.waitingForApproval(handle)).owner).toBeUndefined();
  }));

test('whoever has taken over and then asks for a pause gives it back with its end', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const before = await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    await handedOver(incidents, handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: 5_000 }] });
    await skip(incidents, MINUTE);
    const again = await incidents.waitingForApproval(handle);
    expect(again.plan?.id).not.toBe(before.plan?.id);
    expect(again.owner).toBeUndefined();
    expect(pagesOf(incidents, 'handed-over')).toEqual([]);
  }));

test('the pause of an incident that was cancelled meanwhile gives nothing back', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const { alerts } = await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: 10 * MINUTE }] });
    await handedOver(incidents, handle);
    await handle.executeUpdate(messages.cancelIncident, { args: [{ actor: 'kim' }] });
    const probes = incidents.world.log.probes.length;
    await skip(incidents, HOUR);
    expect(await incidents.status(handle)).toMatchObject({ phase: 'waiting', outcome: 'cancelled' });
    expect(incidents.world.log.probes).toHaveLength(probes);
    await incidents.alerts(handle, ...alerts.map(resolved));
    expect((await handle.result()).outcome).toBe('cancelled');
  }));

test('alerts that resolve during a pause end the incident', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const { alerts } = await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: HOUR }] });
    await handedOver(incidents, handle);
    await incidents.alerts(handle, ...alerts.map(resolved));
    expect((await handle.result()).outcome).toBe('handed-over');
  }));

test.each([0, -1, 25 * HOUR, '20m', null, Number.NaN])('a pause of %p is refused with what it should be', (forMs) =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await expect(handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: forMs as number }] })).rejects.toMatchObject({ cause: { message: expect.stringContaining('forMs: a pause lasts between one second and 24 hours') } });
    expect((await incidents.status(handle)).owner).toBeUndefined();
  }));

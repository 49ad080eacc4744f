import type { IncidentClass, Runbook } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { TEST_RUNBOOK } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const text = (en: string) => ({ en, ko: `${en} (ko)` });
const [BROKEN, OVERLOAD] = TEST_RUNBOOK.causes as [Runbook['causes'][number], Runbook['causes'][number]];

/** A runbook of another class in the same world, which knows one cause. */
function runbook(id: IncidentClass, change: Partial<Runbook['causes'][number]> = {}): Runbook {
  return { ...TEST_RUNBOOK, id, title: text(`The problem ${id}`), match: [{ alertname: 'None' }], causes: [{ ...BROKEN, id: `cause-of-${id}`, title: text(`Cause of ${id}`), ...change }] };
}

/** The first runbook's cause, treated by another class. */
const leadingTo = (leadsTo: IncidentClass): Runbook => ({ ...TEST_RUNBOOK, causes: [{ ...BROKEN, leadsTo }, OVERLOAD] });

async function finish(incidents: Incidents, handle: IncidentHandle): Promise<void> {
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
  await incidents.until(handle, (status) => status.recoveredAt !== undefined);
  const { alerts } = await incidents.status(handle);
  await incidents.alerts(handle, ...alerts.map(resolved));
}

test('a cause that another class treats: the incident goes on as that class, and the record says how it came there', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const waiting = await incidents.waitingForApproval(handle);
    expect(waiting).toMatchObject({ incidentClass: 'high-memory', rootCause: 'cause-of-high-memory', title: { en: 'The problem high-memory' }, ledFrom: [{ incidentClass: 'remote-write-failure', cause: 'broken' }] });
    expect(waiting.runbook?.chosenBecause).toBe('the cause broken of remote-write-failure leads to it');
    expect(waiting.fiveW1H?.why).toBe('Cause of high-memory (93 %); found by way of “Receivers are broken” (remote-write-failure)');
    expect(incidents.world.log.planned.map(({ incidentClass }) => incidentClass)).toEqual(['high-memory']);
    await finish(incidents, handle);
    expect((await handle.result()).outcome).toBe('recovered');
    const { incident } = incidents.world.log.records.at(-1)!;
    expect(incident.timeline.find(({ event }) => event === 'ledOn')?.text.en).toBe('“Receivers are broken” is treated by high-memory: the incident goes on as that');
    expect(incident.ledFrom).toHaveLength(1);
  }, (world) => {
    world.runbook = leadingTo('high-memory');
    world.others = [runbook('high-memory')];
  }));

test('never in a circle: the class that it has come from is refused, and the cause’s own remedies are used', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const waiting = await incidents.waitingForApproval(handle);
    expect(waiting).toMatchObject({ incidentClass: 'tsdb-corruption', ledFrom: [{ incidentClass: 'remote-write-failure' }, { incidentClass: 'disk-full' }], plan: { remedy: 'first' } });
    expect(waiting.timeline.find(({ event }) => event === 'leadRefused')?.text.en).toBe('Does not go on as remote-write-failure: the incident has been of this class already');
  }, (world) => {
    world.runbook = leadingTo('disk-full');
    world.others = [runbook('disk-full', { leadsTo: 'tsdb-corruption' }), runbook('tsdb-corruption', { leadsTo: 'remote-write-failure' })];
  }));

test('not for ever, either', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const waiting = await incidents.waitingForApproval(handle);
    expect(waiting.ledFrom?.map(({ incidentClass }) => incidentClass)).toEqual(['remote-write-failure', 'disk-full', 'tsdb-corruption']);
    expect(waiting.incidentClass).toBe('high-memory');
    expect(waiting.timeline.find(({ event }) => event === 'leadRefused')?.text.en).toContain('3 times already');
  }, (world) => {
    world.runbook = leadingTo('disk-full');
    world.others = [runbook('disk-full', { leadsTo: 'tsdb-corruption' }), runbook('tsdb-corruption', { leadsTo: 'high-memory' }), runbook('high-memory', { leadsTo: 'slow-query' }), runbook('slow-query')];
  }));

test('a class without a runbook: said, and the cause’s own advice goes to a person', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status).toMatchObject({ incidentClass: 'remote-write-failure', outcome: 'handed-over' });
    expect(status.timeline.find(({ event }) => event === 'leadRefused')?.text.en).toContain('no valid runbook');
    expect((await incidents.page(handle, 'handed-over')).text.en).toContain('add receivers');
  }, (world) => {
    world.runbook = { ...TEST_RUNBOOK, causes: [{ ...OVERLOAD, when: BROKEN.when, leadsTo: 'slow-query' }] };
  }));

test('what the other class does not recognise goes to a person, who is told the way', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status).toMatchObject({ incidentClass: 'high-memory', rootCause: 'unknown', outcome: 'handed-over' });
    expect(status.fiveW1H?.why).toContain('found by way of “Receivers are broken”');
    expect(incidents.world.log.executed).toEqual([]);
    expect((await incidents.page(handle, 'handed-over')).text.en).toMatch(/no root cause is certain enough to act on; most likely: Cause of high-memory 42 % \(pods says nothing about leak\)/);
  }, (world) => {
    world.runbook = leadingTo('high-memory');
    world.others = [runbook('high-memory', { when: { probe: 'pods', field: 'leak', is: true } })];
  }));

import { randomUUID } from 'node:crypto';
import type { IncidentInput, IncidentStatus } from '../../workflows/contracts';
import { alertsChanged, cancelIncident, chooseRemedy, decide, resume } from '../../workflows/contracts/messages';
import type { incidentWorkflow } from '../../workflows';
import { IncidentHarness, resolved, type Incidents } from '../support/incident-harness';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

/** A run that goes on with the state that an earlier one ended with, as `continueElsewhere` hands it over. */
async function continued({ env, taskQueue, world }: Incidents, state: IncidentStatus) {
  const input: IncidentInput = { cluster: state.cluster, failureDomain: state.failureDomain, continued: { state: JSON.parse(JSON.stringify(state)) as IncidentStatus, settings: world.settings, messageIds: [] } };
  return env.client.workflow.start<typeof incidentWorkflow>('incidentWorkflow', { workflowId: `incident/test/${randomUUID()}`, taskQueue, args: [input] });
}

test('an incident that was cancelled stays cancelled over continue-as-new', () =>
  harness.run(async (incidents) => {
    const first = await incidents.open();
    await incidents.waitingForApproval(first);
    await first.executeUpdate(cancelIncident, { args: [{ actor: 'kim', reason: 'drill' }] });
    const cancelled = await incidents.until(first, ({ phase }) => phase === 'waiting');
    await first.terminate('it goes on elsewhere');

    const second = await continued(incidents, cancelled);
    expect(await second.query<IncidentStatus>('incidentStatus')).toMatchObject({ publicId: cancelled.publicId, outcome: 'cancelled', phase: 'waiting' });
    for (const [message, body] of [[resume, {}], [chooseRemedy, { remedy: 'first' }], [cancelIncident, {}], [decide, { verdict: 'approve' }]] as const) {
      await expect(second.executeUpdate(message.name, { args: [body] })).rejects.toMatchObject({ cause: { type: 'Refused' } });
    }
    await incidents.env.sleep('1 hour');
    expect(await second.query<IncidentStatus>('incidentStatus')).toMatchObject({ outcome: 'cancelled', phase: 'waiting' });
    await second.signal(alertsChanged, { alerts: cancelled.alerts.map(resolved), receivedAt: '' });
    expect((await second.result()).outcome).toBe('cancelled');
    expect(incidents.world.log.executed).toEqual([]);
    expect(incidents.world.log.records.at(-1)?.incident).toMatchObject({ outcome: 'cancelled', phase: 'closed' });
  }));

test('an incident that somebody has taken over is still theirs over continue-as-new', () =>
  harness.run(async (incidents) => {
    const first = await incidents.open();
    await incidents.waitingForApproval(first);
    await first.executeUpdate('takeOver', { args: [{ actor: 'lee' }] });
    const taken = await incidents.until(first, ({ phase }) => phase === 'waiting');
    await first.terminate('it goes on elsewhere');

    const second = await continued(incidents, taken);
    await incidents.env.sleep('1 hour');
    expect(await second.query<IncidentStatus>('incidentStatus')).toMatchObject({ owner: 'lee', phase: 'waiting' });
    await second.signal(alertsChanged, { alerts: taken.alerts.map(resolved), receivedAt: '' });
    expect((await second.result()).outcome).toBe('handed-over');
    expect(incidents.world.log.executed).toEqual([]);
  }));

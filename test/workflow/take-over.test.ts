import { failure } from '../../workflows/contracts/failures';
import * as messages from '../../workflows/contracts/messages';
import { IncidentHarness } from '../support/incident-harness';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

test('a step that waits for its next try when somebody takes over is not carried out later', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    let attempts = 0;
    let reachable = false;
    world.onExecute = () => {
      attempts += 1;
      if (!reachable) throw failure('UpstreamUnavailable', 'the API server does not answer');
    };
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await incidents.until(handle, () => attempts > 0, 'a first try of the step');
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    const tries = attempts;
    reachable = true;
    await incidents.env.sleep('30 minutes');
    expect(await incidents.status(handle)).toMatchObject({ phase: 'waiting', owner: 'lee', mutations: [] });
    expect(attempts).toBe(tries);
    expect(world.log.executed).toEqual([]);
    expect(world.log.leases).toEqual(['acquired', 'released']);
  }));

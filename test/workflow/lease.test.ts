import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { acquire, confirm, leaseStatus, release } from '../../workflows/contracts/lease-messages';
import { IncidentHarness, type Incidents } from '../support/incident-harness';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

function lease({ env, taskQueue }: Incidents) {
  const { workflow } = env.client;
  const workflowId = `lease/test/${randomUUID()}`;
  const handle = workflow.getHandle(workflowId);
  return {
    acquire: (holder: string, ttlMs = 600_000) =>
      workflow.executeUpdateWithStart(acquire, {
        args: [{ cluster: 'test', failureDomain: 'receive', holder, ttlMs }],
        startWorkflowOperation: new WithStartWorkflowOperation('leaseWorkflow', { workflowId, taskQueue, args: [{ cluster: 'test', failureDomain: 'receive' }], workflowIdConflictPolicy: 'USE_EXISTING' }),
      }),
    release: (holder: string, token: number) => handle.executeUpdate(release, { args: [{ holder, token }] }),
    confirm: (holder: string, token: number) => handle.executeUpdate(confirm, { args: [{ holder, token }] }),
    send: (update: string, body: unknown) => handle.executeUpdate(update, { args: [body] }),
    status: () => handle.query(leaseStatus),
    result: () => handle.result(),
  };
}

function tokenOf(answer: Awaited<ReturnType<ReturnType<typeof lease>['acquire']>>): number {
  if (!answer.granted) throw new Error(`not granted; held by ${answer.holder}`);
  return answer.lease.token;
}

test('one holder at a time, handed on first come first served; the old token is worth nothing', () =>
  harness.run(async (incidents) => {
    const door = lease(incidents);
    const a = tokenOf(await door.acquire('a'));
    expect(await door.acquire('b')).toMatchObject({ granted: false, holder: 'a', position: 1 });
    expect(await door.acquire('c')).toMatchObject({ granted: false, position: 2 });
    expect(await door.confirm('a', a)).toBe(true);
    await door.release('a', a);
    expect(await door.acquire('c')).toMatchObject({ granted: false });
    const b = tokenOf(await door.acquire('b'));
    expect(b).toBeGreaterThan(a);
    expect(await door.confirm('a', a)).toBe(false);
    expect(await door.confirm('b', a)).toBe(false);
  }));

test('a holder that never comes back loses the lease when its time is over', () =>
  harness.run(async (incidents) => {
    const door = lease(incidents);
    const a = tokenOf(await door.acquire('a', 60_000));
    await incidents.env.sleep('61 seconds');
    expect(await door.confirm('a', a)).toBe(false);
    expect(tokenOf(await door.acquire('b'))).toBeGreaterThan(a);
    await door.release('a', a);
    expect(await door.status()).toMatchObject({ holder: 'b' });
  }));

test('closes when idle; the next run’s tokens are greater still', () =>
  harness.run(async (incidents) => {
    const door = lease(incidents);
    const first = tokenOf(await door.acquire('a'));
    await door.release('a', first);
    await door.result();
    expect(tokenOf(await door.acquire('b'))).toBeGreaterThan(first);
  }));

test('what is no message of a lease is refused, and holds nobody up', () =>
  harness.run(async (incidents) => {
    const door = lease(incidents);
    const a = tokenOf(await door.acquire('a'));
    for (const [update, body] of [['acquire', null], ['acquire', { holder: 'b', ttlMs: '60000' }], ['acquire', { holder: 'b', ttlMs: 1e300 }], ['release', null], ['release', { holder: 'a', token: 'x' }], ['confirm', null]] as const) {
      await expect(door.send(update, body)).rejects.toMatchObject({ cause: { type: 'Refused' } });
    }
    expect(await door.acquire('b')).toMatchObject({ granted: false, holder: 'a', position: 1 });
    expect(await door.confirm('a', a)).toBe(true);
  }));

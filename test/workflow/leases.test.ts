import { failure, type ExecuteRequest, type FailureDomain, type LeaseRequest } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { IncidentHarness, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const MINUTE = 60_000;

/** A world whose leases really run out: one holder a domain, by the clock of the test server. */
class LeasingWorld extends IncidentWorld {
  readonly asked: Array<{ domain: FailureDomain; granted: boolean }> = [];
  readonly executedUnder: Array<{ step: string; domain: FailureDomain; leaseBy: string | undefined }> = [];
  readonly held = new Map<FailureDomain, { holder: string; until: number; token: number }>();
  now: () => Promise<number> = () => Promise.resolve(0);

  override activities() {
    const inner = super.activities();
    const live = async (domain: FailureDomain) => {
      const lease = this.held.get(domain);
      return lease && lease.until > (await this.now()) ? lease : undefined;
    };
    const confirmed = async (request: ExecuteRequest) => {
      const { lease, stepId, leaseBy } = request;
      const current = await live(lease.failureDomain);
      if (current?.holder !== lease.holder || current.token !== lease.token) throw failure('NotAuthorized', `the lease on ${lease.failureDomain} is no longer held`);
      this.executedUnder.push({ step: stepId, domain: lease.failureDomain, leaseBy });
    };
    return {
      ...inner,
      kubernetesExecuteStep: async (request: ExecuteRequest) => (await confirmed(request), inner.kubernetesExecuteStep(request)),
      kubernetesUndoStep: async (request: ExecuteRequest) => (await confirmed(request), inner.kubernetesUndoStep(request)),
      temporalAcquireLease: async ({ cluster, failureDomain, holder, ttlMs }: LeaseRequest) => {
        const current = await live(failureDomain);
        const granted = !current || current.holder === holder;
        this.asked.push({ domain: failureDomain, granted });
        if (!granted) return { granted: false as const, holder: current.holder, position: 1 };
        const now = await this.now();
        const token = current?.token ?? now;
        this.held.set(failureDomain, { holder, until: now + ttlMs, token });
        return { granted: true as const, lease: { cluster, failureDomain: failureDomain as 'receive', holder, token, expiresAt: new Date(now + ttlMs).toISOString() } };
      },
      temporalReleaseLease: async ({ failureDomain }: { failureDomain: FailureDomain }) => void this.held.delete(failureDomain),
    };
  }
}

async function under(prepare: (world: LeasingWorld) => void, test: (world: LeasingWorld, handle: IncidentHandle, incidents: Incidents) => Promise<void>): Promise<void> {
  let world: LeasingWorld | undefined;
  await harness.run(async (incidents) => {
    world!.now = () => incidents.env.currentTimeMs();
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await test(world!, handle, incidents);
  }, undefined, { createWorld: (settings) => {
    world = new LeasingWorld(settings);
    prepare(world);
    return world;
  } });
}

test('a plan that changes objects of two failure domains takes both leases, and each step goes under its own', () =>
  under((world) => {
    world.domains = (step) => (step === 'thanos-receive-1' ? 'store' : 'receive');
    world.healthy = () => world.log.executed.length === 2;
  }, async (world, handle, incidents) => {
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(world.executedUnder).toEqual([{ step: 'thanos-receive-1', domain: 'store', leaseBy: 'role' }, { step: 'thanos-receive-2', domain: 'receive', leaseBy: 'role' }]);
    // Always in the same order, whatever the order of the steps.
    expect(world.asked.slice(0, 2)).toEqual([{ domain: 'receive', granted: true }, { domain: 'store', granted: true }]);
    await incidents.until(handle, () => world.held.size === 0, 'both given back');
  }));

test('nothing is executed while another incident has one of the two, and what was taken is given back when it waits too long', () =>
  under((world) => {
    world.domains = (step) => (step === 'thanos-receive-1' ? 'store' : 'receive');
    world.held.set('store', { holder: 'incident/test/query@x', until: Number.MAX_SAFE_INTEGER, token: 1 });
  }, async (world, handle, incidents) => {
    expect((await incidents.until(handle, ({ waiting }) => waiting?.for === 'lease')).waiting?.text.en).toBe('the lease of store, held by incident/test/query@x');
    expect(world.held.get('receive')).toBeDefined();
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('held the lease of this failure domain for too long');
    expect([...world.held.keys()]).toEqual(['store']);
    expect(world.executedUnder).toEqual([]);
  }));

test('plans that say nothing of domains go by the name, as before', () =>
  under(() => undefined, async (world, handle, incidents) => {
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(world.executedUnder.map(({ domain, leaseBy }) => [domain, leaseBy])).toEqual([['receive', undefined], ['receive', undefined]]);
  }));

/** Three steps take four minutes and a half each, and nothing helps: half an hour after the lease was taken the change is undone. */
const slowAndUseless = (world: LeasingWorld): void => {
  let tries = 0;
  world.refusedRemedies.add('first');
  world.domains = () => 'receive';
  world.podsToEvict = ['thanos-receive-1', 'thanos-receive-2', 'thanos-receive-3'];
  world.healthy = () => false;
  world.onExecute = ({ stepId }) => {
    if (!stepId.startsWith('undo') && tries++ % 10 < 9) throw failure('NotYetConverged', 'not yet', { nextRetryMs: MINUTE / 2 });
  };
};

test('the lease still stands when a change that took its time is undone', () =>
  under(slowAndUseless, async (world, handle, incidents) => {
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.mutations.map(({ step, undo }) => [step, undo])).toEqual([['thanos-receive-1', false], ['thanos-receive-2', false], ['thanos-receive-3', false], ['undo-1', true]]);
    expect(world.asked.every(({ granted }) => granted)).toBe(true);
  }), 60_000);

test('a lease that was lost before the undo is waited for: the change is taken back all the same', () =>
  under(slowAndUseless, async (world, handle, incidents) => {
    await incidents.until(handle, ({ phase }) => phase === 'verify');
    const until = (await world.now()) + 20 * MINUTE;
    world.held.set('receive', { holder: 'incident/test/query@x', until, token: until });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.mutations.map(({ step, undo }) => [step, undo])).toEqual([['thanos-receive-1', false], ['thanos-receive-2', false], ['thanos-receive-3', false], ['undo-1', true]]);
    expect(world.asked.some(({ granted }) => !granted)).toBe(true);
  }), 60_000);

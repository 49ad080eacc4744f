import { failure, type Alert, type WatchdogInput, type WatchdogOrders } from '../../workflows/contracts';
import { IncidentHarness, type Incidents } from '../support/incident-harness';
import { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const MINUTE = 60_000;
const TOLERATED = 10 * MINUTE;

class WatchdogWorld extends IncidentWorld {
  orders: WatchdogOrders[] = [];
  readonly delivered: Array<{ at: number; alerts: Alert[] }> = [];
  now: () => Promise<number> = () => Promise.resolve(0);
  /** How often reading the configuration and delivering fail for good. */
  failing = { configuration: 0, delivery: 0 };

  override activities() {
    return {
      ...super.activities(),
      configurationWatchdog: async () => {
        if (this.failing.configuration-- > 0) throw failure('InvalidInput', 'nightshift.yaml cannot be read');
        return this.orders.shift() ?? { expected: true };
      },
      temporalDeliverAlerts: async ({ alerts }: { alerts: Alert[] }) => {
        if (this.failing.delivery-- > 0) throw failure('UpstreamRejected', 'Temporal says no');
        this.delivered.push({ at: await this.now(), alerts });
      },
    };
  }
}

/** Runs a watchdog whose cluster had to be heard of by now. */
async function fallSilent(orders: WatchdogOrders[], test: (world: WatchdogWorld, start: (late?: number) => Promise<number>, incidents: Incidents) => Promise<void>): Promise<void> {
  let world: WatchdogWorld | undefined;
  await harness.run(async (incidents) => {
    const { env, taskQueue } = incidents;
    if (!world) throw new Error('there is no world');
    world.orders = orders;
    world.now = () => env.currentTimeMs();
    const start = async (late = 0) => {
      const now = await env.currentTimeMs();
      const input: WatchdogInput = { cluster: 'test', expectedBy: new Date(now - late).toISOString(), tolerateMs: TOLERATED, lastHeartbeatAt: new Date(now - late - TOLERATED).toISOString() };
      await env.client.workflow.start('watchdogWorkflow', { workflowId: 'watchdog/test', taskQueue, args: [input] });
      return now;
    };
    await test(world, start, incidents);
    await env.client.workflow.getHandle('watchdog/test').terminate().catch(() => undefined);
  }, undefined, { createWorld: (settings) => (world = new WatchdogWorld(settings)) });
}

test('silence raises an honest alert at once, and goes on saying so until somebody is heard', () =>
  fallSilent([], async (world, start, { env }) => {
    const began = await start();
    await env.sleep(9 * 60 * MINUTE);
    expect(world.delivered.map(({ at }) => Math.round((at - began) / MINUTE / 60))).toEqual([0, 4, 8]);
    const [first, ...repeats] = world.delivered.map(({ alerts }) => alerts);
    expect(first).toMatchObject([{ status: 'firing', startsAt: new Date(began).toISOString(), labels: { alertname: 'HeartbeatMissing', cluster: 'test', severity: 'critical', raised_by: 'nightshift' }, annotations: { summary: 'No heartbeat from test for more than 10 min' } }]);
    // The same fingerprint and start: an incident that is open takes them for what they are.
    for (const repeat of repeats) expect(repeat).toEqual(first);
  }), 60_000);

test('a planned maintenance opens nothing; what is still silent after it, and after its tolerated time, does', () =>
  fallSilent([], async (world, start, { env }) => {
    const hour = new Date((await env.currentTimeMs()) + 60 * MINUTE).toISOString();
    world.orders = [{ expected: true, maintenance: { until: hour, reason: 'node upgrades' } }];
    const began = await start();
    await env.sleep(69 * MINUTE);
    expect(world.delivered).toEqual([]);
    await env.sleep(2 * MINUTE);
    expect(world.delivered.map(({ at }) => Math.round((at - began) / MINUTE))).toEqual([70]);
  }), 60_000);

test('when Temporal itself was away, the cluster gets its time once more', () =>
  fallSilent([], async (world, start, { env }) => {
    const began = await start(2 * 60 * MINUTE);
    await env.sleep(9 * MINUTE);
    expect(world.delivered).toEqual([]);
    await env.sleep(2 * MINUTE);
    expect(world.delivered.map(({ at }) => Math.round((at - began) / MINUTE))).toEqual([10]);
  }), 60_000);

test('of a cluster that is no longer expected nothing is said', () =>
  fallSilent([{ expected: false }], async (world, start, { env }) => {
    await start();
    await env.client.workflow.getHandle('watchdog/test').result();
    expect(world.delivered).toEqual([]);
  }), 60_000);

test('outlives a configuration that cannot be read and alerts that nobody takes: it goes on trying', () =>
  fallSilent([], async (world, start, { env }) => {
    world.failing = { configuration: 2, delivery: 2 };
    const began = await start();
    await env.sleep(5 * MINUTE);
    expect((await env.client.workflow.getHandle('watchdog/test').describe()).status.name).toBe('RUNNING');
    expect(world.delivered.map(({ at }) => Math.round((at - began) / MINUTE))).toEqual([4]);
    await env.sleep(4 * 60 * MINUTE);
    expect(world.delivered).toHaveLength(2);
  }), 60_000);

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createTemporalActivities } from '../../../activities/temporal/activities';
import { createTemporalGateway } from '../../../activities/temporal/client-gateway';
import type { TemporalGateway } from '../../../activities/temporal/gateway';
import { startDevServer, type DevServer } from '../../../infra/embedded/dev-server';
import { freePort } from '../../../infra/embedded/ports';
import { findTemporal } from '../../../infra/embedded/programs';
import { CENTRAL_QUEUE, failureTypeOf, type Lease } from '../../../workflows/contracts';
import { SEARCH_ATTRIBUTE_KEYS } from '../../../workflows/contracts/search-attributes';
import type { tinyIncident } from '../../support/tiny-workflows';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-temporal-'));

describe('Temporal, asked by activities', () => {
  let server: DevServer;
  let native: NativeConnection;
  let connection: Connection;
  let client: Client;
  let gateway: TemporalGateway;
  let worker: Worker;
  let running: Promise<void>;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const [program, port] = await Promise.all([findTemporal(() => undefined), freePort()]);
    server = await startDevServer({ program, port, namespace: 'default', logFile: path.join(folder, 'temporal.log') });
    native = await NativeConnection.connect({ address: server.address });
    connection = await Connection.connect({ address: server.address });
    client = new Client({ connection });
    gateway = createTemporalGateway(client);
    const workflowBundle = await bundleWorkflowCode({ workflowsPath: path.resolve(__dirname, '../../support/tiny-workflows.ts'), logger: new DefaultLogger('ERROR') });
    worker = await Worker.create({ connection: native, taskQueue: CENTRAL_QUEUE, workflowBundle });
    running = worker.run();
  }, 60_000);

  afterAll(async () => {
    worker.shutdown();
    await running;
    await Promise.all([native.close(), connection.close()]);
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  describe('a lease', () => {
    const request = (holder: string, cluster = 'c1') => ({ cluster, failureDomain: 'receive', holder, ttlMs: 60_000 }) as const;
    const granted = async (holder: string, cluster?: string): Promise<Lease> => {
      const answer = await gateway.acquireLease(request(holder, cluster));
      if (!answer.granted) throw new Error(`not granted: ${JSON.stringify(answer)}`);
      return answer.lease;
    };

    test('is for one at a time, in the order of asking, and each holder has a greater token', async () => {
      const first = await granted('a');
      expect(await gateway.acquireLease(request('b'))).toEqual({ granted: false, holder: 'a', position: 1 });
      expect(await gateway.confirmLease(first)).toBe(true);
      await gateway.releaseLease(first);
      const second = await granted('b');
      expect(second.token).toBeGreaterThan(first.token);
      expect(await gateway.confirmLease(first)).toBe(false);
      expect(await gateway.confirmLease(second)).toBe(true);
    });

    test('asked for again by its holder is the same lease', async () => {
      const first = await granted('a', 'c2');
      expect((await granted('a', 'c2')).token).toBe(first.token);
    });

    test('that nobody keeps any more does not hold, and giving it back is done', async () => {
      const lease: Lease = { cluster: 'gone', failureDomain: 'receive', holder: 'a', token: 1, expiresAt: new Date().toISOString() };
      expect(await gateway.confirmLease(lease)).toBe(false);
      await expect(createTemporalActivities(gateway).temporalReleaseLease(lease)).resolves.toBeUndefined();
    });
  });

  describe('an incident', () => {
    const start = (outcome: string, continuations = 0, workflowId = `incident/c1/${randomUUID()}`) =>
      client.workflow.start<typeof tinyIncident>('tinyIncident', { workflowId, taskQueue: CENTRAL_QUEUE, args: [{ publicId: `20261122-${randomUUID().slice(0, 8)}`, outcome, continuations }] });
    const end = async (handle: Awaited<ReturnType<typeof start>>) => {
      await client.workflow.getHandle(handle.workflowId).signal('finish');
      await handle.result();
    };
    /** Visibility follows a moment later. */
    const eventually = async <Answer>(ask: () => Promise<Answer>, good: (answer: Answer) => boolean): Promise<Answer> => {
      for (let tried = 0; ; tried += 1) {
        const answer = await ask();
        if (good(answer) || tried > 50) return answer;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };

    test('knows the one before it, by the outcome that it closed with', async () => {
      const handle = await start('recovered');
      await end(handle);
      const ask = () => gateway.previousIncident({ workflowId: handle.workflowId, before: new Date().toISOString() });
      expect(await eventually(ask, (found) => found !== null)).toMatchObject({ publicId: expect.stringMatching(/^20261122-/), outcome: 'recovered' });
    });

    test('that is open, or closed later than asked for, is not the one before', async () => {
      const handle = await start('open');
      expect(await gateway.previousIncident({ workflowId: handle.workflowId, before: new Date().toISOString() })).toBeNull();
      const before = new Date().toISOString();
      await end(handle);
      expect(await gateway.previousIncident({ workflowId: handle.workflowId, before })).toBeNull();
    });

    test('has a history that is complete once it has closed, and replays', async () => {
      const handle = await start('recovered');
      const input = { workflowId: handle.workflowId, firstRunId: handle.firstExecutionRunId };
      const error: unknown = await gateway.fetchHistory(input).catch((thrown: unknown) => thrown);
      expect(failureTypeOf(error)).toBe('NotYetConverged');
      await end(handle);
      const history = JSON.parse(await gateway.fetchHistory(input)) as { events: unknown[]; earlierRuns?: unknown };
      expect(history.earlierRuns).toBeUndefined();
      const workflowBundle = await bundleWorkflowCode({ workflowsPath: path.resolve(__dirname, '../../support/tiny-workflows.ts'), logger: new DefaultLogger('ERROR') });
      await Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId);
    }, 60_000);

    test('that continued as new has all its runs in its history', async () => {
      const handle = await start('recovered', 2);
      await eventually(() => client.workflow.getHandle(handle.workflowId).describe(), ({ typedSearchAttributes }) => typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS.phase) === 'last');
      await end(handle);
      const history = JSON.parse(await gateway.fetchHistory({ workflowId: handle.workflowId, firstRunId: handle.firstExecutionRunId })) as { earlierRuns: Array<{ runId: string }> };
      expect(history.earlierRuns).toHaveLength(2);
      expect(history.earlierRuns[0]?.runId).toBe(handle.firstExecutionRunId);
    });
  });

  test('a Temporal that does not answer is a failure that is retried', async () => {
    const away = Connection.lazy({ address: '127.0.0.1:1' });
    const error: unknown = await createTemporalGateway(new Client({ connection: away }), 500).previousIncident({ workflowId: 'x', before: new Date().toISOString() }).catch((thrown: unknown) => thrown);
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
    // Closing it at once would make the library's pending retries throw.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await away.close();
  }, 40_000);
});

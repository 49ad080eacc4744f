import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../../infra/project';
import { ensureProgram } from '../../infra/embedded/programs';
import { TEST_SERVER } from '../../infra/embedded/pinned';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';
import type { Alert, AlertsChanged, FailureDomain, IncidentStatus, Notification, NotificationKind } from '../../workflows/contracts';
import { incidentWorkflowId } from '../../workflows/contracts/names';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';
import * as messages from '../../workflows/contracts/messages';
import type { incidentWorkflow } from '../../workflows';
import { factsOf, recordIn } from './history-facts';
import { IncidentWorld } from './incident-world';
import { keepNoPromiseStacks } from './promise-stacks';
import { untold } from './timeline-audit';

export type IncidentHandle = WorkflowHandleWithSignaledRunId<typeof incidentWorkflow>;

/**
 * An activity that ends while a workflow task is under way, whose completion then calls the activity off: Temporal's server
 * knows that it has ended, the test server refuses the task and never gives it out again.
 */
const LOST_BY_SERVER = /ACTIVITY_UNKNOWN/;

/** For each test a time-skipping server, a world and a worker of its own, because what one test leaves behind would keep the server from skipping time for the next. */
export class IncidentHarness {
  /** Counted over all tests: a command that the test server could not place, after which it answers nothing of that workflow any more. */
  lostByServer = 0;

  private constructor(private readonly executable: string) {}

  static async start(): Promise<IncidentHarness> {
    const logger = new DefaultLogger('WARN', (entry) => {
      if (LOST_BY_SERVER.test(`${entry.message} ${JSON.stringify(entry.meta)}`)) harness.lostByServer += 1;
      else if (entry.level === 'ERROR') process.stderr.write(`${entry.message} ${JSON.stringify(entry.meta)}\n`);
    });
    Runtime.install({ logger, telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } } });
    keepNoPromiseStacks();
    const executable = await ensureProgram(TEST_SERVER, (message) => process.stderr.write(`${message}\n`));
    const harness = new IncidentHarness(executable);
    return harness;
  }

  /** Runs `test` while a worker works; the world's activities are the only outside there is. */
  async run<Result>(test: (incidents: Incidents) => Promise<Result>, change: (world: IncidentWorld) => void = () => undefined, options: RunOptions = {}): Promise<Result> {
    const env = await startServer(this.executable);
    try {
      await registerSearchAttributes(env);
      const taskQueue = `test-${randomUUID()}`;
      const settings = { queues: { probe: taskQueue, mutate: taskQueue } };
      const world = options.createWorld?.(settings) ?? new IncidentWorld(settings);
      change(world);
      // In this thread (`debugMode`), unless everything is replayed at each task: a thread of its own takes longer to start than most tests run.
      const start = () => Worker.create({ connection: env.nativeConnection, taskQueue, workflowBundle: WORKFLOW_BUNDLE, activities: world.activities(), maxConcurrentActivityTaskExecutions: 20, shutdownForceTime: '20s', debugMode: options.maxCachedWorkflows !== 0, ...(options.maxCachedWorkflows !== undefined && { maxCachedWorkflows: options.maxCachedWorkflows }) });
      const worker = new RestartableWorker(start);
      const incidents = new Incidents(env, taskQueue, world, worker);
      const result = await worker.runUntil(() => test(incidents));
      await compareTimelines(incidents);
      await keepHistories(incidents);
      return result;
    } finally {
      await env.teardown();
    }
  }
}

/** The SDK gives the server five seconds to start, which a busy machine may need: asked again, as nothing of the test has happened yet. */
async function startServer(executable: string): Promise<TestWorkflowEnvironment> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: executable } } });
    } catch (error) {
      if (attempt === 3 || !/ephemeral server|test server/i.test(String(error))) throw error;
    }
  }
}

export interface RunOptions {
  /** 0: every workflow task replays the whole history. */
  maxCachedWorkflows?: number;
  createWorld?: (settings: ConstructorParameters<typeof IncidentWorld>[0]) => IncidentWorld;
}

/** A worker that can be ended and started anew in the middle of a test. */
class RestartableWorker {
  private stop: () => Promise<void> = () => Promise.resolve();
  private failed: (error: unknown) => void = () => undefined;
  private worker: Worker | undefined;

  constructor(private readonly create: () => Promise<Worker>) {}

  /** A worker that fails fails the test. */
  async runUntil<Result>(test: () => Promise<Result>): Promise<Result> {
    const failure = new Promise<never>((_, reject) => (this.failed = reject));
    failure.catch(() => undefined);
    try {
      await this.begin();
      return await Promise.race([test(), failure]);
    } finally {
      await this.stop();
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.begin();
  }

  /** Whether it has nothing in hand: what the server still waits for then, it has given to nobody. */
  get isIdle(): boolean {
    const status = this.worker?.getStatus();
    return status !== undefined && status.numInFlightWorkflowActivations + status.numInFlightActivities + status.numInFlightLocalActivities === 0;
  }

  private async begin(): Promise<void> {
    const worker = await this.create();
    this.worker = worker;
    const running = worker.run().catch(this.failed);
    this.stop = async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    };
  }
}

/** Every test's records have to tell what the server's own history of the incident proves. */
async function compareTimelines({ opened, world }: Incidents): Promise<void> {
  for (const handle of opened) {
    const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
    const record = recordIn(history);
    if (record && world.log.records.some(({ incident }) => incident.publicId === record.incident.publicId)) expect(untold(record, factsOf(history))).toEqual([]);
  }
}

async function keepHistories({ opened }: Incidents): Promise<void> {
  if (!process.env['NIGHTSHIFT_RECORD_HISTORIES']) return;
  keepEach(await Promise.all(opened.map((handle) => handle.fetchHistory())));
}

/**
 * With NIGHTSHIFT_RECORD_HISTORIES set, each test's histories are written to that folder: `test/replay/README.md`.
 * Named after the test, so that a regenerated history replaces its predecessor; stack traces in it name no machine's folders.
 */
export function keepEach(histories: ReadonlyArray<Parameters<typeof historyToJSON>[0]>): void {
  const folder = process.env['NIGHTSHIFT_RECORD_HISTORIES'];
  if (!folder) return;
  const name = (expect.getState().currentTestName ?? 'unnamed').toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 80);
  mkdirSync(folder, { recursive: true });
  for (const [index, history] of histories.entries()) {
    writeFileSync(path.join(folder, `${name}${index ? `-${index}` : ''}.json`), `${JSON.stringify(JSON.parse(historyToJSON(history))).replaceAll(`${projectRoot()}/`, '')}\n`);
  }
}

/** What a test does with incidents. */
export class Incidents {
  readonly opened: IncidentHandle[] = [];

  constructor(readonly env: TestWorkflowEnvironment, readonly taskQueue: string, readonly world: IncidentWorld, private readonly worker: RestartableWorker) {}

  restartWorker(): Promise<void> {
    return this.worker.restart();
  }

  /**
   * What the server says is to be done by a worker that has nothing in hand for two seconds; empty where nothing is. Such a task
   * was lost by the test server, which skips no time until it is done.
   */
  async forgotten(handles: ReadonlyArray<Pick<IncidentHandle, 'describe' | 'fetchHistory' | 'workflowId'>>): Promise<string[]> {
    for (let look = 0; look < 20; look += 1) {
      if (!this.worker.isIdle) return [];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const told = await Promise.all(handles.map(async (handle) => {
      const { raw: { pendingWorkflowTask, pendingActivities = [] } } = await handle.describe();
      const pending = (pendingActivities ?? []).map(({ activityType, state }) => `${handle.workflowId}: ${activityType?.name} (${state})`);
      return [...(pendingWorkflowTask ? [`${handle.workflowId}: a workflow task`] : []), ...pending, ...(pending.length > 0 ? [] : await unended(handle))];
    }));
    return told.flat();
  }

  async open(options: { alerts?: Alert[]; cluster?: string; workflowId?: string; failureDomain?: FailureDomain } = {}): Promise<IncidentHandle> {
    const { cluster = 'test', failureDomain = 'receive' } = options;
    const handle = await this.env.client.workflow.signalWithStart<typeof incidentWorkflow, [AlertsChanged]>('incidentWorkflow', {
      workflowId: options.workflowId ?? incidentWorkflowId(cluster, failureDomain),
      taskQueue: this.taskQueue,
      args: [{ cluster, failureDomain }],
      signal: messages.alertsChanged,
      signalArgs: [{ alerts: options.alerts ?? [alert()], receivedAt: new Date().toISOString() }],
    });
    this.opened.push(handle);
    return handle;
  }

  async alerts(handle: IncidentHandle, ...alerts: Alert[]): Promise<void> {
    await handle.signal(messages.alertsChanged, { alerts, receivedAt: new Date().toISOString() });
  }

  status(handle: IncidentHandle): Promise<IncidentStatus> {
    return handle.query(messages.incidentStatus);
  }

  /** Asks until the state is as wanted, skipping a second of workflow time between looks. */
  async until(handle: IncidentHandle, wanted: (status: IncidentStatus) => boolean, what = 'the wanted state'): Promise<IncidentStatus> {
    for (let look = 0; look < 150; look += 1) {
      const status = await this.status(handle);
      if (wanted(status)) return status;
      await (look < 20 ? new Promise((resolve) => setTimeout(resolve, 25)) : this.env.sleep(Math.min(60_000, 2_000 * 1.2 ** (look - 20))));
    }
    throw new Error(`never reached ${what}: ${JSON.stringify((await this.status(handle)).timeline.map((entry) => entry.text.en), null, 1)}`);
  }

  /** What somebody was told first of this kind. Pages go out beside the incident, which is not held up by them. */
  async page(handle: IncidentHandle, kind: NotificationKind): Promise<Notification> {
    const found = () => this.world.log.pages.find((page) => page.kind === kind && handle.workflowId.includes(page.cluster));
    await this.until(handle, () => found() !== undefined, `a page "${kind}"`);
    return found()!;
  }

  waitingForApproval(handle: IncidentHandle): Promise<IncidentStatus> {
    return this.until(handle, (status) => status.waiting?.for === 'approval', 'a plan that waits');
  }
}

let fingerprints = 0;

/** A firing alert that the test runbook claims; with `{ status: 'resolved' }` its end. */
export function alert(change: Partial<Alert> = {}): Alert {
  fingerprints += change.fingerprint ? 0 : 1;
  return {
    fingerprint: `f${fingerprints}`,
    status: 'firing',
    labels: { alertname: 'RemoteWriteLagging', cluster: 'test', severity: 'critical' },
    annotations: { summary: 'samples arrive late' },
    startsAt: '2026-01-01T03:00:00.000Z',
    ...change,
  };
}

export function resolved(original: Alert): Alert {
  return { ...original, status: 'resolved', endsAt: '2026-01-01T04:00:00.000Z' };
}

async function registerSearchAttributes(env: TestWorkflowEnvironment): Promise<void> {
  const searchAttributes = Object.fromEntries(Object.values(SEARCH_ATTRIBUTE_KEYS).map(({ name }) => [name, 2]));
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
}

/**
 * Activities that the server holds for ended and whose end it has not told: called off while they waited for their next try, the
 * test server forgets them. Temporal's own server writes ActivityTaskCanceled then.
 */
async function unended(handle: Pick<IncidentHandle, 'fetchHistory' | 'workflowId'>): Promise<string[]> {
  const events = (await handle.fetchHistory()).events ?? [];
  const ends = events.map((event) => event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes ?? event.activityTaskCanceledEventAttributes);
  const ended = new Set(ends.map((end) => String(end?.scheduledEventId)));
  return events.flatMap(({ eventId, activityTaskScheduledEventAttributes: scheduled }) => (scheduled && !ended.has(String(eventId)) ? [`${handle.workflowId}: ${scheduled.activityType?.name} (its end was not told)`] : []));
}

/**
 * A new version is rolled out while an incident waits for a decision: real worker processes of two builds, the gateway, and
 * a real Temporal with Worker Versioning. The change between the builds is one that would break the open incident.
 */
import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { History } from '../../infra/kill-matrix/history';
import { brokenCluster } from '../../infra/kill-matrix/incident';
import { Lane } from '../../infra/kill-matrix/lane';
import { OnCall } from '../../infra/kill-matrix/on-call';
import { PracticeApi } from '../../infra/kill-matrix/practice-api';
import { WorkerProcess } from '../../infra/kill-matrix/worker-process';
import { projectRoot } from '../../infra/project';
import { buildId } from '../../workers/serverless/worker-version';
import { settleFix } from '../../workflows/contracts/permanent-fix-messages';
import { incidentWorkflowId, permanentFixWorkflowId } from '../../workflows/contracts';
import { makeOtherBuild } from '../support/other-build';

const LONG_LIVED = { more: { serverless: { compute: { provider: 'long-lived' } } } };
const OPEN = 'open-before';
const NEXT = 'opened-after';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-upgrade-'));
const newRoot = path.join(folder, 'new');
const histories = path.join(folder, 'histories');
const never = new AbortController();
// Every long poll listens to it.
setMaxListeners(0, never.signal);
const oldBuild = buildId();
let newBuild: string;
let api: PracticeApi;
let lane: Lane;
let newWorker: WorkerProcess | undefined;

beforeAll(async () => {
  api = await PracticeApi.start();
  lane = await Lane.open([OPEN, NEXT], api, LONG_LIVED);
  for (const cluster of [OPEN, NEXT]) api.serve(cluster, brokenCluster(path.join(lane.folder, 'clusters', cluster)));
  // A timer before everything else: what was begun without it cannot be replayed with it.
  newBuild = await makeOtherBuild(newRoot, 'incident.workflow.ts', (source) =>
    source.replace("import { allHandlersFinished, condition, continueAsNew }", "import { allHandlersFinished, condition, continueAsNew, sleep }").replace('const incident = new Incident(input);', "await sleep('1 second');\n  const incident = new Incident(input);"),
  );
}, 600_000);

afterAll(async () => {
  never.abort();
  await newWorker?.stop();
  await lane?.close(false);
  await api?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 600_000);

interface Said {
  code: number;
  stdout: string;
}

/** The command line of a build, told where this Nightshift is. */
function nightshift(root: string, ...args: string[]): Promise<Said> {
  const { configFile, dataDir, temporalAddress } = lane.workerOptions;
  const env = { ...process.env, NIGHTSHIFT_CONFIG: configFile, NIGHTSHIFT_DATA_DIR: dataDir, TEMPORAL_ADDRESS: temporalAddress };
  return new Promise((resolve) => execFile(process.execPath, [path.join(root, 'dist', 'workers', 'cli', 'main.js'), ...args], { env, cwd: root }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout: `${stdout}${stderr}` })));
}

const handleOf = (cluster: string) => lane.client.workflow.getHandle(incidentWorkflowId(cluster, 'receive'));

async function buildOf(handle: WorkflowHandle): Promise<string | undefined> {
  return (await handle.describe()).raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

/** Build IDs of those who did the workflow's tasks, in order and each once. */
async function buildsAtWork(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return [...new Set((events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: done }) => (done ? [done.deploymentVersion?.buildId ?? done.workerDeploymentVersion ?? 'none'] : [])))];
}

async function statesOfBuilds(): Promise<Record<string, string>> {
  const { stdout } = await nightshift(newRoot, 'deploy', 'serverless', 'status', '--json');
  const { versions } = JSON.parse(stdout) as { versions: Array<{ buildId: string; state: string }> };
  return Object.fromEntries(versions.map(({ buildId: id, state }) => [id, state]));
}

/** The public ID, once its incident waits for a decision. */
async function waiting(cluster: string): Promise<string> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(200)) {
    const { json } = await lane.ask('GET', `/api/v1/incidents?cluster=${cluster}`);
    const [incident] = (json['incidents'] ?? []) as Array<{ publicId: string; phase: string }>;
    if (incident?.phase === 'approve') return incident.publicId;
  }
  throw new Error(`The incident of ${cluster} did not come to wait for a decision.`);
}

/** Fires the alert, or finds that it was fired, and works on the incident to its end. */
async function attend(cluster: string, publicId: string): Promise<unknown> {
  const history = new History(lane.client, incidentWorkflowId(cluster, 'receive'));
  const following = history.follow(never.signal);
  await new OnCall(lane, cluster, () => api.audit(cluster), never.signal).attend(publicId, history);
  await following;
  return handleOf(cluster).result();
}

const fire = (cluster: string) => new OnCall(lane, cluster, () => api.audit(cluster), never.signal).fire();

test('the first build is made current, and an incident begins on it', async () => {
  expect(await nightshift(projectRoot(), 'deploy', 'serverless', 'apply')).toMatchObject({ code: 0 });
  await fire(OPEN);
  await waiting(OPEN);
  expect(await buildOf(handleOf(OPEN))).toBe(oldBuild);
}, 600_000);

test('the replay gate of the new build finds that it would break the incident, before it ships', async () => {
  mkdirSync(histories);
  writeFileSync(path.join(histories, 'open.json'), historyToJSON(await handleOf(OPEN).fetchHistory()));
  expect(await nightshift(projectRoot(), 'replay-gate', histories)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 histories replay') });
  const gate = await nightshift(newRoot, 'replay-gate', histories);
  expect(gate.code).toBe(1);
  expect(gate.stdout).toMatch(/BROKEN open\.json: .*[Nn]ondeterminism/);
}, 600_000);

test('a build that nobody runs is not made current', async () => {
  const { code, stdout } = await nightshift(newRoot, 'deploy', 'serverless', 'apply');
  expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining(`No worker of the build ${newBuild}`) });
  expect(await statesOfBuilds()).toEqual({ [oldBuild]: 'current' });
}, 120_000);

test('the old build ends its incident while the new one takes the next', async () => {
  newWorker = await WorkerProcess.start({ ...lane.workerOptions, root: newRoot, logFile: path.join(lane.folder, 'new-worker.log') });
  expect(await nightshift(newRoot, 'deploy', 'serverless', 'apply')).toMatchObject({ code: 0 });
  for (let look = 0; look < 60 && (await statesOfBuilds())[oldBuild] !== 'draining'; look += 1) await delay(1_000);
  expect(await statesOfBuilds()).toEqual({ [oldBuild]: 'draining', [newBuild]: 'current' });
  await fire(NEXT);
  const [open, next] = [await waiting(OPEN), await waiting(NEXT)];
  const ends = await Promise.all([attend(OPEN, open), attend(NEXT, next)]);
  expect(ends).toMatchObject([{ publicId: open, outcome: 'recovered' }, { publicId: next, outcome: 'recovered' }]);
  expect(await buildsAtWork(handleOf(OPEN))).toEqual([oldBuild]);
  expect(await buildsAtWork(handleOf(NEXT))).toEqual([newBuild]);
  expect(api.audit(OPEN).map(({ verb, object }) => [verb, object.kind, object.name])).toEqual(api.audit(NEXT).map(({ verb, object }) => [verb, object.kind, object.name]));
}, 600_000);

test('what outlives builds goes on on the current one', async () => {
  const { publicId } = (await handleOf(OPEN).result()) as { publicId: string };
  const fix = lane.client.workflow.getHandle(permanentFixWorkflowId(publicId));
  await fix.executeUpdate(settleFix, { args: [{ fix: 'service-in-git', state: 'merged', actor: 'kim' }] });
  expect(await fix.result()).toMatchObject({ fixes: [{ id: 'service-in-git', state: 'merged' }] });
  expect((await buildsAtWork(fix)).at(-1)).toBe(newBuild);
}, 120_000);

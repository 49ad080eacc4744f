/**
 * Temporal's worker controller scales Nightshift's Deployment from 0 when an alert comes, and back to 0: the real server and its
 * `k8s` provider, a real worker process for the pod, and a stand-in for the two calls of the API server that it takes.
 * test/e2e/worker-scaling-lab.test.ts is the same on a real API server.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ScaleApi } from '../support/scale-api';
import { ScalingScene } from '../support/scaling-scene';

const DEPLOYMENT = { namespace: 'nightshift', deployment: 'nightshift-worker-probe' };
const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-scaling-'));
let api: ScaleApi;
let scene: ScalingScene;

beforeAll(async () => {
  api = await ScaleApi.start(DEPLOYMENT.namespace, DEPLOYMENT.deployment);
  scene = await ScalingScene.open(folder, api.inCluster, DEPLOYMENT, async () => api.replicas);
}, 600_000);
afterAll(async () => {
  await scene?.close();
  await api?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 600_000);

test('0 → 1 when an alert comes, the incident is worked on, → 0 when nothing is left to do', async () => {
  const seen = await scene.play();
  // Up once for the new build, whose queues are not known yet, and once for the alert.
  expect(seen.replicas).toEqual([0, 1, 0, 1, 0]);
  expect(seen.phase).toBe('waiting');
}, 900_000);

test('it asks for nothing that overlays/on-demand does not let it', () => {
  const path_ = `/apis/apps/v1/namespaces/${DEPLOYMENT.namespace}/deployments/${DEPLOYMENT.deployment}`;
  expect([...new Set(api.asked)].filter((call) => ![`GET ${path_}`, `GET ${path_}/scale`, `PUT ${path_}/scale`].includes(call))).toEqual([]);
});

/** As worker-scaling.test.ts, on a real API server, with the Deployment, account and rights of `overlays/on-demand`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { defaultLabDir, forwardPort, LAB, labPaths } from '../../infra/lab';
import { projectRoot } from '../../infra/project';
import { LabCluster } from '../support/lab-cluster';
import { ScalingScene } from '../support/scaling-scene';

const DEPLOYMENT = { namespace: 'nightshift', deployment: 'nightshift-worker-probe' };
const CONTROLLER = { namespace: 'temporal', name: 'temporal-worker-controller' };
const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-scaling-'));

let lab: LabCluster;
let server: Awaited<ReturnType<typeof forwardPort>>;
let scene: ScalingScene;

async function replicas(): Promise<number> {
  const { spec } = JSON.parse(await lab.kubectl(['-n', DEPLOYMENT.namespace, 'get', 'deployment', DEPLOYMENT.deployment, '-o', 'json'])) as { spec: { replicas: number } };
  return spec.replicas;
}

beforeAll(async () => {
  lab = await LabCluster.up(labPaths(`${defaultLabDir()}-least-privilege`), () => undefined);
  await lab.kubectl(['apply', '-k', path.join(projectRoot(), 'infra', 'kubernetes', 'overlays', 'on-demand')]);
  await lab.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: CONTROLLER.namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: CONTROLLER },
  ]);
  const token = await lab.kubectl(['-n', CONTROLLER.namespace, 'create', 'token', CONTROLLER.name, '--duration=1h']);
  server = await forwardPort(0, { host: LAB.NODE_IP, port: LAB.API_SERVER_PORT }, lab.paths);
  const api = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: readFileSync(path.join(lab.paths.pki, 'ca.crt'), 'utf8'), token: token.trim() };
  scene = await ScalingScene.open(folder, api, DEPLOYMENT, replicas);
}, 400_000);

afterAll(async () => {
  await scene?.close();
  server?.close();
  await lab?.down();
  rmSync(folder, { recursive: true, force: true });
}, 600_000);

test('0 → 1 when an alert comes, → 0 when nothing is left to do, by an account that may do nothing else', async () => {
  const seen = await scene.play();
  // Up once for the new build, whose queues are not known yet, and once for the alert.
  expect(seen.replicas).toEqual([0, 1, 0, 1, 0]);
  expect(seen.phase).toBe('waiting');
}, 900_000);

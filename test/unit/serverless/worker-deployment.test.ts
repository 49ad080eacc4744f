/** Against the real server with its worker controller, on a compute endpoint that invokes nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { startDevServer, type DevServer } from '../../../infra/embedded/dev-server';
import { freePort } from '../../../infra/embedded/ports';
import { findTemporal } from '../../../infra/embedded/programs';
import { startAwsEndpoint } from '../../../infra/serverless/aws-endpoint';
import { LocalFunction } from '../../../infra/serverless/local-function';
import { awsEnvironment, WORKER_CONTROLLER } from '../../../infra/serverless/cloud';
import { setUpNamespace } from '../../../workers/gateway/namespace';
import { WorkerDeployment } from '../../../workers/serverless/worker-deployment';

const ROLE = { arn: 'arn:aws:iam::123456789012:role/invoke', externalId: 'shared' };
const arnOf = (version: number) => `arn:aws:lambda:us-east-1:123456789012:function:worker:${version}`;
const compute = (version: number, externalId = ROLE.externalId) => ({ provider: 'aws-lambda' as const, functionArn: arnOf(version), roleArn: ROLE.arn, externalId });
const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-deployment-'));
const idle = (version: number) => new LocalFunction({ module: '/nowhere', arn: arnOf(version), env: {}, timeoutMs: 1_000, keepWarmMs: 100, logFile: path.join(folder, 'log') });

let server: DevServer;
let endpoint: FastifyInstance;
let connection: Connection;
let client: Client;
let deployment: WorkerDeployment;

beforeAll(async () => {
  const awsPort = await freePort();
  endpoint = await startAwsEndpoint({ port: awsPort, role: ROLE, functions: [idle(1), idle(2)] });
  server = await startDevServer({ program: await findTemporal(() => undefined), port: await freePort(), namespace: 'default', logFile: path.join(folder, 'temporal.log'), dynamicConfig: WORKER_CONTROLLER, env: awsEnvironment(awsPort) });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection, namespace: 'default' });
  deployment = new WorkerDeployment(client, 'default');
}, 60_000);
afterAll(async () => {
  await connection.close();
  await server.stop();
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

const states = async () => Object.fromEntries((await deployment.versions()).map(({ buildId, state, provider, rampPercentage }) => [buildId, [state, provider, rampPercentage].filter((value) => value !== undefined).join(' ')]));

test('nothing is deployed at first; a build is made known once, and current', async () => {
  expect(await deployment.versions()).toEqual([]);
  expect(await deployment.create('one', compute(1))).toBe(true);
  await deployment.makeCurrent('one');
  expect(await deployment.create('one', compute(1))).toBe(false);
  expect(await states()).toEqual({ one: 'current aws-lambda' });
}, 30_000);

test('a new build gets a share first, then all, and the old one is gone back to', async () => {
  expect(await deployment.create('two', compute(2))).toBe(true);
  await deployment.ramp('two', 25);
  expect(await states()).toEqual({ one: 'current aws-lambda', two: 'ramping aws-lambda 25' });
  await deployment.makeCurrent('two');
  expect((await states())['two']).toBe('current aws-lambda');
  await deployment.makeCurrent('one');
  expect((await states())['one']).toBe('current aws-lambda');
}, 30_000);

test('a function that cannot be invoked is refused when it is deployed, not at 3 a.m.', async () => {
  await expect(deployment.create('three', compute(3))).rejects.toThrow();
  await expect(deployment.create('three', compute(1, 'not the ID of the role'))).rejects.toThrow();
  expect(Object.keys(await states()).sort()).toEqual(['one', 'two']);
}, 30_000);

test('setup makes what is missing, and the second time nothing', async () => {
  const fresh = new Client({ connection, namespace: 'team' });
  const first = await setUpNamespace(fresh, 7);
  expect(first[0]).toEqual({ what: 'namespace team', state: 'made' });
  expect(first.slice(1).every(({ state }) => state === 'made')).toBe(true);
  expect((await setUpNamespace(fresh, 7)).every(({ state }) => state === 'there')).toBe(true);
}, 60_000);

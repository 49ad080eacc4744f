/** The cloud on one machine, with functions that are no worker: what it promises about invocations and roles. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { startAwsEndpoint } from '../../../infra/serverless/aws-endpoint';
import { LocalFunction } from '../../../infra/serverless/local-function';
import { freePort } from '../../../infra/embedded/ports';

const ROLE = { arn: 'arn:aws:iam::123456789012:role/invoke', externalId: 'shared' };
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:f:1';
const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-functions-'));
let endpoint: FastifyInstance;
let url: string;
let fn: LocalFunction;

const HANDLER = `
let calls = 0;
exports.handler = async (event, context) => {
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60000));
  if (event.fail) throw new Error('on purpose');
  return { calls: ++calls, remaining: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn, said: event.said };
};`;

beforeAll(async () => {
  const module = path.join(folder, 'handler.js');
  writeFileSync(module, HANDLER);
  fn = new LocalFunction({ module, arn: ARN, env: process.env, timeoutMs: 2_000, keepWarmMs: 1_000, logFile: path.join(folder, 'log') });
  const port = await freePort();
  endpoint = await startAwsEndpoint({ port, role: ROLE, functions: [fn] });
  url = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await endpoint.close();
  await fn.stop();
  rmSync(folder, { recursive: true, force: true });
});

const assume = (fields: Record<string, string>) => fetch(url, { method: 'POST', body: new URLSearchParams({ Action: 'AssumeRole', RoleArn: ROLE.arn, ...fields }) });
const invoke = (event: object, headers: Record<string, string> = {}) => fetch(`${url}/2015-03-31/functions/${encodeURIComponent(ARN)}/invocations`, { method: 'POST', body: JSON.stringify(event), headers: { 'content-type': 'application/octet-stream', ...headers } });
const gone = async () => {
  for (let look = 0; look < 100 && fn.running > 0; look += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return fn.running === 0;
};

test('the role is for whoever names the external ID, and for nobody else', async () => {
  expect((await assume({})).status).toBe(403);
  expect((await assume({ ExternalId: 'guessed' })).status).toBe(403);
  const answer = await assume({ ExternalId: ROLE.externalId });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toMatch(/<SessionToken>.+<\/SessionToken>/);
});

test('an instance that is warm is used again; one that is idle goes', async () => {
  const answers = [await (await invoke({ said: 'a' })).json(), await (await invoke({ said: 'b' })).json()] as Array<{ calls: number; said: string; arn: string; remaining: number }>;
  expect(answers).toMatchObject([{ calls: 1, said: 'a', arn: ARN }, { calls: 2, said: 'b' }]);
  expect(answers[0]!.remaining).toBeGreaterThan(0);
  expect(fn.invocations.map(({ cold }) => cold)).toEqual([true, false]);
  expect(await gone()).toBe(true);
});

test('an event is accepted at once; its failure is in the invocation', async () => {
  expect((await invoke({ fail: true }, { 'x-amz-invocation-type': 'Event' })).status).toBe(202);
  for (let look = 0; look < 100 && fn.invocations.at(-1)?.end === undefined; look += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(fn.invocations.at(-1)).toMatchObject({ end: 'failed', reason: 'on purpose' });
  expect(fn.invocations.at(-1)?.billedMs).toBeGreaterThan(0);
});

test('an invocation that is not over at its deadline is killed, and so is one that is cut off', async () => {
  await expect(fn.invoke({ hang: true })).rejects.toThrow('cut off at its deadline of 2000 ms');
  expect(fn.invocations.at(-1)).toMatchObject({ end: 'killed' });
  await fn.invoke({ said: 'loaded' });
  const hanging = fn.invoke({ hang: true });
  const noticed = expect(hanging).rejects.toThrow('killed');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(fn.cutOff()).toBe(true);
  await noticed;
  expect(await gone()).toBe(true);
});

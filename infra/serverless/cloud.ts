import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { loadConfig } from '../../workers/config';
import { dataDirAt, ensureDataDir, readToken } from '../../workers/data-dir';
import { prepare } from '../../workers/gateway/prepare';
import { WorkerDeployment } from '../../workers/serverless/worker-deployment';
import { buildId } from '../../workers/serverless/worker-version';
import { startDevServer, type DevServer } from '../embedded/dev-server';
import { freePorts } from '../embedded/ports';
import { findTemporal } from '../embedded/programs';
import { projectRoot } from '../project';
import { onDemand } from '../../workers/config/serverless-schema';
import { startAwsEndpoint } from './aws-endpoint';
import { LocalFunction } from './local-function';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const functionArn = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}:1`;
const ROLE = { arn: `arn:aws:iam::${ACCOUNT}:role/nightshift-invoke`, externalId: 'nightshift-on-this-machine' };

/** The server's own switches for workers on demand; without the second it knows no provider. */
export const WORKER_CONTROLLER = {
  'workercontroller.enabled': true,
  'workercontroller.compute_providers.enabled': ['aws-lambda'],
  'workercontroller.scaling_algorithms.enabled': ['no-sync'],
};

/** Lambda lets an instance idle for some minutes, and the dead-man's switch is fed every minute or so. */
const GATEWAY_WARM_MS = 120_000;

export interface CloudOptions {
  folder: string;
  /** Of an invocation of the worker, in milliseconds; seven seconds of it are its farewell. */
  window: number;
  /** How long an idle instance of the worker stays. */
  keepWarm: number;
  say: (text: string) => void;
}

/** Answer of the gateway's function. */
export interface Answer {
  status: number;
  body: unknown;
}

/**
 * A cloud on one machine: the real Temporal server with its worker controller, an endpoint that speaks STS and Lambda, and
 * Nightshift's worker and gateway as functions. Nothing of Nightshift runs unless one of them is invoked.
 */
export class Cloud {
  private constructor(
    readonly worker: LocalFunction,
    readonly gateway: LocalFunction,
    readonly client: Client,
    readonly deployment: WorkerDeployment,
    readonly dataDir: string,
    private readonly token: string,
    private readonly closers: ReadonlyArray<() => Promise<unknown>>,
  ) {}

  static async open({ folder, window, keepWarm, say }: CloudOptions): Promise<Cloud> {
    const dataDir = path.join(folder, 'data');
    const config = path.join(folder, 'nightshift.yaml');
    const [temporalPort, awsPort] = (await freePorts(2)) as [number, number];
    const compute = { provider: 'aws-lambda', functionArn: functionArn('nightshift-worker'), roleArn: ROLE.arn, externalId: { env: 'NIGHTSHIFT_EXTERNAL_ID' } };
    writeFileSync(config, stringify({ practice: true, serverless: { compute } }));
    const env = { ...functionEnvironment(), NIGHTSHIFT_CONFIG: config, NIGHTSHIFT_DATA_DIR: dataDir, TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`, NIGHTSHIFT_EXTERNAL_ID: ROLE.externalId };
    const fn = (name: string, pack: 'worker' | 'gateway', timeoutMs: number, keepWarmMs: number) =>
      new LocalFunction({ module: path.join(projectRoot(), 'dist', 'functions', pack, 'index.js'), arn: functionArn(name), env, timeoutMs, keepWarmMs, logFile: path.join(folder, `${name}.log`) });
    const worker = fn('nightshift-worker', 'worker', window, keepWarm);
    // A function URL answers within 30 s, or Alertmanager asks again. Watchdog's heartbeats come before an idle gateway goes.
    const gateway = fn('nightshift-gateway', 'gateway', 30_000, GATEWAY_WARM_MS);
    const endpoint = await startAwsEndpoint({ port: awsPort, role: ROLE, functions: [worker] });
    const closers: Array<() => Promise<unknown>> = [() => endpoint.close(), () => worker.stop(), () => gateway.stop()];
    try {
      const server = await temporal(folder, temporalPort, awsPort, say);
      closers.push(() => server.stop());
      const connection = await Connection.connect({ address: server.address });
      closers.unshift(() => connection.close());
      const client = new Client({ connection });
      const { token, ...settled } = settings(config, dataDir);
      await prepare(client, settled, pino({ level: 'silent' }));
      const deployment = new WorkerDeployment(client, 'default');
      if (onDemand(settled.compute)) await deployment.create(buildId(), settled.compute);
      await deployment.makeCurrent(buildId());
      return new Cloud(worker, gateway, client, deployment, dataDir, token, closers);
    } catch (error) {
      for (const close of closers) await close();
      throw error;
    }
  }

  /** A request to the gateway by its function URL (payload format 2.0). */
  async request(method: 'GET' | 'POST', target: string, body?: unknown): Promise<Answer> {
    const [rawPath, rawQueryString = ''] = target.split('?');
    const event = {
      version: '2.0',
      routeKey: '$default',
      rawPath,
      rawQueryString,
      headers: { authorization: `Bearer ${this.token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      requestContext: { http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'serverless' }, stage: '$default' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isBase64Encoded: false,
    };
    const answer = (await this.gateway.invoke(event)) as { statusCode: number; body: string };
    return { status: answer.statusCode, body: answer.body.startsWith('{') ? (JSON.parse(answer.body) as unknown) : answer.body };
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
  }
}

function settings(config: string, dataDir: string) {
  const settled = loadConfig({ config, dataDir }, { NIGHTSHIFT_EXTERNAL_ID: ROLE.externalId });
  ensureDataDir(dataDir);
  return { ...settled, token: readToken(dataDirAt(dataDir)) };
}

function temporal(folder: string, port: number, awsPort: number, say: (text: string) => void): Promise<DevServer> {
  return findTemporal(say).then((program) =>
    startDevServer({
      program,
      port,
      namespace: 'default',
      databaseFile: path.join(folder, 'temporal.db'),
      logFile: path.join(folder, 'temporal.log'),
      dynamicConfig: WORKER_CONTROLLER,
      env: awsEnvironment(awsPort),
    }),
  );
}

/** Where the server finds AWS: one endpoint for all of it, and no search for credentials anywhere else. */
export function awsEnvironment(port: number): NodeJS.ProcessEnv {
  return { AWS_EC2_METADATA_DISABLED: 'true', AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: REGION, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
}

/** What a function sees: nothing of the developer's own Nightshift, Temporal or AWS. */
function functionEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NIGHTSHIFT_|TEMPORAL_|AWS_|KUBECONFIG)/.test(name));
  return { ...Object.fromEntries(kept), AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: REGION };
}

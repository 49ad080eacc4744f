import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { startDevServer, type DevServer } from '../../infra/embedded/dev-server';
import { freePort } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';
import { loadConfig, type NightshiftConfig } from '../../workers/config';
import { ensureDataDir, readToken, type DataDir } from '../../workers/data-dir';
import { createGateway, type GatewayDependencies } from '../../workers/gateway/app';
import { gatewayDependencies } from '../../workers/gateway/serve';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

export interface SendOptions {
  method?: string;
  token?: string | null;
  headers?: Record<string, string>;
}

/** The real gateway, listening, with a real Temporal (its dev server on a SQLite file) and no worker. */
export class GatewayHarness {
  private constructor(
    readonly config: NightshiftConfig,
    readonly dir: DataDir,
    readonly client: Client,
    readonly url: string,
    readonly dependencies: GatewayDependencies,
    private readonly app: FastifyInstance,
    private readonly connection: Connection,
    private readonly launch: () => Promise<DevServer>,
    private server: DevServer,
  ) {}

  /** @param yaml its `nightshift.yaml`, where it has one */
  static async start(yaml?: string): Promise<GatewayHarness> {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'nightshift-gateway-'));
    const dir = ensureDataDir(dataDir);
    const program = await findTemporal(() => undefined);
    const port = await freePort();
    const launch = () => startDevServer({ program, port, namespace: 'default', databaseFile: dir.temporalDatabase, logFile: path.join(dir.logsDir, 'temporal.log') });
    const server = await launch();
    const file = path.join(dataDir, 'nightshift.yaml');
    if (yaml !== undefined) writeFileSync(file, yaml);
    const config = loadConfig({ dataDir, ...(yaml !== undefined && { config: file }) }, { TEMPORAL_ADDRESS: server.address });
    const connection = Connection.lazy({ address: server.address });
    const client = new Client({ connection, namespace: config.temporal.namespace });
    const dependencies = gatewayDependencies(config, dir, client, pino({ level: 'silent' }));
    const app = await createGateway(dependencies);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return new GatewayHarness(config, dir, client, url, dependencies, app, connection, launch, server);
  }

  /** @param body a string is sent as it is, anything else as JSON */
  async send(pathname: string, body?: unknown, { method = body === undefined ? 'GET' : 'POST', token = readToken(this.dir), headers = {} }: SendOptions = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${pathname}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: response.headers, text, json };
  }

  stopTemporal(): Promise<void> {
    return this.server.stop();
  }

  async startTemporal(): Promise<void> {
    this.server = await this.launch();
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.connection.close();
    await this.server.stop();
    rmSync(this.dir.root, { recursive: true, force: true });
  }
}

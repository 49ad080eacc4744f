import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startDevServer, stopProcess, type DevServer } from '../../infra/embedded/dev-server';
import { freePort } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';
import { projectRoot } from '../../infra/project';
import { dataDirAt, readToken } from '../../workers/data-dir';
import { removeOnExit, startChild, track } from './processes';
import { Webhook } from './webhook';

/** No practice cluster, which would look for scenes once a second; this one is never reached. */
const CONFIGURATION = 'practice: false\nclusters:\n  - { name: unused, kubeconfig: ./none }\n';

/**
 * A Temporal dev server of its own for one row, on a SQLite file in a temporary folder, so that no row measures what
 * another left behind. Everything listens on 127.0.0.1 only.
 */
export class BenchServer {
  private readonly closers: Array<() => Promise<unknown>> = [];

  private constructor(
    readonly folder: string,
    private readonly server: DevServer,
    readonly client: Client,
    /** For workers in this process. */
    readonly native: NativeConnection,
  ) {}

  static async start(): Promise<BenchServer> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-bench-'));
    removeOnExit(folder);
    try {
      const program = await findTemporal((message) => process.stderr.write(`${message}\n`));
      const server = await startDevServer({ program, port: await freePort(), namespace: 'default', databaseFile: path.join(folder, 'temporal.db'), logFile: path.join(folder, 'temporal.log') });
      track(server.process);
      const connection = await Connection.connect({ address: server.address });
      const bench = new BenchServer(folder, server, new Client({ connection }), await NativeConnection.connect({ address: server.address }));
      bench.closers.push(() => connection.close(), () => bench.native.close());
      return bench;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get address(): string {
    return this.server.address;
  }

  /** Closed before the server is, last one first. */
  beforeClose(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  /** The real gateway, in a process of its own as `npm start` runs it, logging to a file. */
  async startGateway(): Promise<Webhook> {
    const config = path.join(this.folder, 'nightshift.yaml');
    const dataDir = path.join(this.folder, 'data');
    const port = await freePort();
    writeFileSync(config, CONFIGURATION);
    const gateway = await startChild({
      module: path.join(projectRoot(), 'dist', 'workers', 'cli', 'main.js'),
      args: ['gateway', '--config', config, '--data-dir', dataDir, '--port', String(port)],
      env: { TEMPORAL_ADDRESS: this.address },
      logFile: path.join(this.folder, 'gateway.log'),
    });
    this.beforeClose(() => stopProcess(gateway));
    return new Webhook(`http://127.0.0.1:${port}/webhooks/alertmanager`, readToken(dataDirAt(dataDir)));
  }

  /** Ends everything and removes the folder. */
  async close(): Promise<void> {
    try {
      for (const close of this.closers.reverse()) await close();
    } finally {
      await this.server.stop();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

/** Gives a row a server, and takes it away whatever happens. */
export async function withServer<Result>(row: (server: BenchServer) => Promise<Result>): Promise<Result> {
  const server = await BenchServer.start();
  try {
    return await row(server);
  } finally {
    await server.close();
  }
}

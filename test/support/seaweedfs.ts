import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SEAWEEDFS } from '../../infra/embedded/pinned';
import { freePorts } from '../../infra/embedded/ports';
import { ensureProgram } from '../../infra/embedded/programs';
import type { S3Location } from '../../activities/records/s3-gateway';

const CREDENTIALS = { accessKeyId: 'nightshift', secretAccessKey: 'only-on-this-machine' };
/** Where it puts them, whatever the machine's folder for temporary files is. */
const SOCKETS = '/tmp';
/** On a busy machine its four servers take seconds to find each other. */
const READY_WITHIN_MS = 60_000;

/** An object store on this machine's loopback; gone, with everything in it, when it is stopped for good. */
export class SeaweedFs {
  private process: ChildProcess | undefined;

  private constructor(private readonly program: string, private readonly folder: string, private readonly ports: Readonly<Record<string, number>>) {}

  static async start(bucket: string): Promise<SeaweedFs> {
    const program = await ensureProgram(SEAWEEDFS, (message) => process.stderr.write(`${message}\n`));
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-seaweedfs-'));
    const free = await freePorts(PORTS.length);
    const ports = Object.fromEntries(PORTS.map((name, index) => [name, free[index]!]));
    const store = new SeaweedFs(program, folder, ports);
    writeFileSync(path.join(folder, 's3.json'), JSON.stringify({ identities: [{ name: 'nightshift', credentials: [{ accessKey: CREDENTIALS.accessKeyId, secretKey: CREDENTIALS.secretAccessKey }], actions: ['Admin', 'Read', 'Write', 'List'] }] }));
    await store.up();
    await store.makeBucket(bucket);
    return store;
  }

  locationOf(bucket: string, prefix = 'nightshift/'): S3Location {
    return { bucket, prefix, region: 'us-east-1', endpoint: `http://127.0.0.1:${this.ports['s3.port']}`, pathStyle: true, credentials: CREDENTIALS };
  }

  /** Starts it, on the data that it has. */
  async up(): Promise<void> {
    const flags = PORTS.map((name) => `-${name}=${this.ports[name]}`);
    const args = ['-logtostderr=true', 'server', `-dir=${this.folder}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', ...flags, '-master.electionTimeout=1s', '-master.volumeSizeLimitMB=64', '-master.telemetry=false', '-volume.max=16', '-volume.preStopSeconds=0', '-filer', '-s3', `-s3.config=${path.join(this.folder, 's3.json')}`, '-s3.port.iceberg=0'];
    const child = spawn(this.program, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true' } });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-2_000)));
    this.process = child;
    for (const until = Date.now() + READY_WITHIN_MS; !(await this.answers()); await delay(100)) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`SeaweedFS did not start: ${said}`);
    }
  }

  async down(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
    // Its servers leave a socket for each port where they were killed.
    const sockets = readdirSync(SOCKETS).filter((name) => name.startsWith('seaweedfs-') && Object.values(this.ports).some((port) => name.endsWith(`-${port}.sock`)));
    for (const name of sockets) rmSync(path.join(SOCKETS, name), { force: true });
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.ports['s3.port']}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      return false;
    }
  }

  private async makeBucket(Bucket: string): Promise<void> {
    const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
    const { region, endpoint, credentials } = this.locationOf(Bucket);
    const client = new S3Client({ region, endpoint: endpoint!, forcePathStyle: true, credentials: credentials! });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.send(new CreateBucketCommand({ Bucket }));
        return client.destroy();
      } catch (error) {
        // The store answers before its volumes have found it.
        if (attempt === 100) throw error;
        await delay(100);
      }
    }
  }
}

/** Of its servers, and of their gRPC side, which would take ports of its own choice otherwise. */
const PORTS = ['master.port', 'master.port.grpc', 'volume.port', 'volume.port.grpc', 'filer.port', 'filer.port.grpc', 's3.port', 's3.port.grpc'] as const;

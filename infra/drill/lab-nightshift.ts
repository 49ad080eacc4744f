import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { binary } from '../lab/build';
import { labAgent } from '../lab/forward';
import type { RunningLabStatus } from '../lab/lab-status';
import { captureInLab, runInLab } from '../lab/namespaces';
import { labPaths, projectRoot, type LabPaths } from '../lab/paths';
import type { WatchdogStatus } from '../../workers/gateway/watchdogs';
import type { IncidentStatus } from '../../workflows/contracts';
import type { DrillTargets } from './answers';

/** Who decides in a drill: the lab's policy lets one person approve what is disruptive and demands two for what is destructive. */
export const DECIDERS = ['kim', 'lee'] as const;
export type Decider = (typeof DECIDERS)[number];

/** The lab's one cluster. */
const CLUSTER = 'cluster-03';
/** Who the lab's kubeconfig for Nightshift is. */
const SERVICE_ACCOUNT = 'nightshift/nightshift';
/** Only what loading and starting node takes; the machine may be busy with the lab. */
const READY_WITHIN_MS = 240_000;

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What does not run beside the gateway: Temporal, and the workers that it calls. */
export interface Apart {
  readonly temporalAddress: string;
  /** Of `nightshift.yaml`. */
  readonly serverless: object;
}

/** Nightshift as a user would run it, inside the lab: `nightshift start` with a configuration for the lab's cluster. */
export class LabNightshift {
  private child: ChildProcess | undefined;
  private readonly tokens: Record<Decider, string>;
  private targets: DrillTargets = {};
  /** Whose permissions the lab has: those of the lab's own manifest, or of other targets. */
  private permissions: 'lab' | 'other' = 'lab';
  readonly configFile: string;

  /**
   * @param cluster more of the cluster's configuration, such as its GitOps repository
   * @param apart where only the gateway is to run
   */
  constructor(private readonly lab: RunningLabStatus, readonly dataDir: string, private readonly paths: LabPaths = labPaths(), private readonly cluster: object = {}, private readonly apart?: Apart) {
    mkdirSync(dataDir, { recursive: true });
    this.configFile = path.join(dataDir, 'nightshift.yaml');
    // Alertmanager's token is the machine's own, so that the webhook needs no other.
    writeFileSync(path.join(dataDir, 'token'), readFileSync(lab.webhook.tokenFile), { mode: 0o600 });
    this.tokens = Object.fromEntries(DECIDERS.map((name) => [name, this.tokenFor(name)])) as Record<Decider, string>;
    this.configure({});
  }

  /** Takes effect with the next start. */
  configure(targets: DrillTargets): void {
    this.targets = targets;
    writeFileSync(this.configFile, stringify(this.config()));
  }

  /**
   * Restarts it with other targets and with the permissions that these need, as whoever installs it would; does nothing where
   * it has them already.
   */
  async aimAt(targets: DrillTargets): Promise<void> {
    const { exitCode, signalCode } = this.child ?? {};
    if (exitCode === null && signalCode === null && JSON.stringify(targets) === JSON.stringify(this.targets)) return;
    await this.stop();
    this.configure(targets);
    if (Object.keys(targets).length === 0) await this.giveBackPermissions();
    else await this.grantWhatIsNeeded();
    await this.start();
  }

  private async grantWhatIsNeeded(): Promise<void> {
    const roles = await this.command(['rbac', '--cluster', CLUSTER, '--service-account', SERVICE_ACCOUNT]);
    this.permissions = 'other';
    await this.apply('-', roles);
  }

  /** The lab's own permissions, where others have taken their place. */
  async giveBackPermissions(): Promise<void> {
    if (this.permissions === 'lab') return;
    await this.apply(path.join(this.paths.manifests, 'nightshift-rbac.yaml'));
    this.permissions = 'lab';
  }

  private async apply(file: string, input = ''): Promise<void> {
    await captureInLab([binary('kubectl'), '--kubeconfig', this.paths.adminKubeconfig, 'apply', '-f', file], this.paths, { input });
  }

  /** Starts it and waits until it says that it is ready. @throws with the end of its log */
  async start(): Promise<void> {
    const log = path.join(this.dataDir, 'start.log');
    const out = openSync(log, 'a');
    const child = runInLab([process.execPath, path.join(projectRoot(), 'bin', 'nightshift.mjs'), this.apart ? 'gateway' : 'start'], { stdio: ['ignore', out, out], env: this.environment() }, this.paths);
    this.child = child;
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Nightshift did not start in the lab: ${readFileSync(log, 'utf8').slice(-2_000)}`);
      await delay(200);
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  /** Runs a command of the CLI as one of the deciders, inside the lab. */
  async cli(args: readonly string[], as: Decider = 'kim'): Promise<CommandResult> {
    const child = runInLab([process.execPath, path.join(projectRoot(), 'bin', 'nightshift.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...this.environment(), NIGHTSHIFT_TOKEN: this.tokens[as], NO_COLOR: '1' } }, this.paths);
    const output = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 1, ...output };
  }

  /** The same for a command that has to succeed. @throws with what it says */
  async command(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cli(args);
    if (code !== 0) throw new Error(`nightshift ${args.join(' ')}: exit ${code}: ${stderr || stdout}`);
    return stdout;
  }

  /** How the cluster's heartbeats stand, by the API. */
  async watchdog(): Promise<WatchdogStatus | undefined> {
    const { watchdogs } = (await this.get('/api/v1/watchdogs')) as { watchdogs: WatchdogStatus[] };
    return watchdogs.find(({ cluster }) => cluster === CLUSTER);
  }

  /** Open incidents, by the API. */
  async openIncidents(): Promise<Array<{ publicId: string; failureDomain: string; openedAt: string }>> {
    const { incidents } = (await this.get('/api/v1/incidents?open=true')) as { incidents: Array<{ publicId: string; failureDomain: string; openedAt: string }> };
    return incidents;
  }

  /** Every incident that was opened since a moment, closed ones too. */
  async incidentsSince(since: string): Promise<Array<IncidentStatus & { workerAway?: boolean }>> {
    const { incidents } = (await this.get('/api/v1/incidents')) as { incidents: Array<{ publicId: string; openedAt: string }> };
    return Promise.all(incidents.filter(({ openedAt }) => openedAt >= since).map(({ publicId }) => this.incident(publicId)));
  }

  /** @throws when the process that should be running has ended: nothing would be waited for then but time */
  requireRunning(): void {
    if (this.child && this.child.exitCode !== null) throw new Error(`Nightshift has ended in the lab: ${readFileSync(path.join(this.dataDir, 'start.log'), 'utf8').slice(-500)}`);
  }

  async incident(publicId: string): Promise<IncidentStatus & { workerAway?: boolean }> {
    return (await this.get(`/api/v1/incidents/${publicId}`)) as IncidentStatus;
  }

  /** Kills a part with SIGKILL; the supervisor starts it again. */
  kill(part: 'worker' | 'gateway' | 'temporal'): void {
    const pid = this.childPid(part);
    process.kill(pid, 'SIGKILL');
  }

  /** The record's folder, once it is written. */
  recordFolder(publicId: string): string {
    return path.join(this.dataDir, 'records', publicId.slice(0, 4), publicId.slice(4, 6), publicId);
  }

  private async isReady(): Promise<boolean> {
    return this.get('/readyz').then(
      () => true,
      () => false,
    );
  }

  /** Posts alerts as Alertmanager does. */
  async webhook(alerts: readonly object[]): Promise<void> {
    await this.send('POST', '/webhooks/alertmanager', { version: '4', alerts });
  }

  private get(target: string): Promise<unknown> {
    return this.send('GET', target);
  }

  private send(method: 'GET' | 'POST', target: string, body?: object): Promise<unknown> {
    const { host, port } = this.lab.gateway;
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.tokens.kim}`, ...(body && { 'content-type': 'application/json' }) };
      const request = http.request({ method, host, port, path: target, headers, agent: labAgent(this.paths), timeout: 10_000 }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(answer)) : reject(new Error(`${method} ${target}: ${response.statusCode} ${answer.slice(0, 300)}`))));
        response.on('error', reject);
      });
      request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer within 10 s`)));
      request.on('error', reject);
      request.end(body && JSON.stringify(body));
    });
  }

  private tokenFor(name: Decider): string {
    const file = path.join(this.dataDir, `token-${name}`);
    if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
    return readFileSync(file, 'utf8').trim();
  }

  private environment(): NodeJS.ProcessEnv {
    const { NIGHTSHIFT_TOKEN: _token, TEMPORAL_ADDRESS: _address, TEMPORAL_NAMESPACE: _namespace, NIGHTSHIFT_PORT: _port, ...rest } = process.env;
    const { host, port } = this.lab.gateway;
    return { ...rest, NIGHTSHIFT_DATA_DIR: this.dataDir, NIGHTSHIFT_CONFIG: this.configFile, NIGHTSHIFT_URL: `http://${host}:${port}`, ...(this.apart && { TEMPORAL_ADDRESS: this.apart.temporalAddress }) };
  }

  private config() {
    const { gateway, nightshiftKubeconfig, urls, desiredState, factor, parts } = this.lab;
    return {
      http: { host: gateway.host, port: gateway.port },
      ...(this.apart && { serverless: this.apart.serverless }),
      users: DECIDERS.map((name) => ({ name, roles: ['approver', 'responder'], token: { file: path.join(this.dataDir, `token-${name}`) } })),
      clusters: [
        {
          name: CLUSTER,
          kubeconfig: nightshiftKubeconfig,
          mode: 'act',
          lab: true,
          acceptUnsigned: true,
          timeFactor: factor,
          // People in a drill decide within seconds; what is scaled is what a machine waits for.
          durations: { approvalDeadline: '60m', rootCauseTarget: '5m', recoveryTarget: '15m', probeTimeout: '10s', verifyDeadline: '5m', verifyEvery: '2s' },
          desiredState: { directory: this.wanted(desiredState) },
          endpoints: {
            prometheus: urls.watcherPrometheus, query: urls.thanosQuery, alertmanager: urls.alertmanager,
            ...(parts.includes('query-path') && { frontend: urls.queryFrontend, ruler: urls.thanosRuler }),
            ...(parts.includes('grafana') && { grafana: urls.grafana }),
          },
          killSwitch: { namespace: 'monitoring' },
          ...this.cluster,
          targets: this.targets,
        },
      ],
    };
  }

  /** The checkout that a team would have: manifests, and the objstore Secret as it should be. */
  private wanted(manifests: string): string {
    const folder = path.join(this.dataDir, 'desired-state');
    cpSync(manifests, folder, { recursive: true });
    cpSync(path.join(this.paths.secrets, 'thanos-objstore-secret.yaml'), path.join(folder, 'thanos-objstore-secret.yaml'));
    return folder;
  }

  /** By the command line, among the processes below ours: the supervisor's children are not ours to ask. */
  private childPid(part: 'worker' | 'gateway' | 'temporal'): number {
    const root = this.child?.pid;
    if (root === undefined) throw new Error('Nightshift does not run');
    const wanted = part === 'temporal' ? /start-dev/ : new RegExp(`main\\.js\\0${part}(\\0|$)`);
    const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => parentOf(pid) === root && wanted.test(readProc(pid, 'cmdline')));
    if (found === undefined) throw new Error(`Nightshift in the lab has no ${part} process now`);
    return found;
  }
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process has ended between listing and reading.
    return '';
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readProc(pid, 'status'))?.[1] ?? 0);
}

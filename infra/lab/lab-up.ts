import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureTools, type Progress } from './build';
import { createCertificates } from './cluster/certificates';
import { writeComponentKubeconfigs } from './cluster/kubeconfig';
import { renderManifests } from './cluster/render';
import { writeSecrets } from './cluster/secrets';
import { capture } from './commands/capture';
import { readHandle, writeHandle, type LabHandle } from './handle';
import { labDown } from './lab-down';
import { namespaceInode } from './namespaces';
import { ensurePackages } from './packages';
import type { PartName } from './parts';
import { projectRoot, type LabPaths } from './paths';
import { identify, isAlive } from './process-identity';
import { DEFAULT_FACTOR, DEFAULT_WEBHOOK_URL } from './settings';
import type { SupervisorMessage } from './supervisor';

export interface LabUpOptions {
  readonly factor?: number;
  readonly webhookUrl?: string;
  /** Bearer token that Alertmanager sends; made by chance when not given. */
  readonly webhookToken?: string;
  /** What the lab has besides its core; nothing when not given. */
  readonly parts?: readonly PartName[];
}

/**
 * Makes a lab and waits until metrics flow through it. A lab that already runs is left as it is.
 * @throws when it cannot be made; whatever was started has ended by then
 */
export async function labUp(paths: LabPaths, options: LabUpOptions, progress: Progress): Promise<LabHandle> {
  requireRoot();
  const present = readHandle(paths);
  if (present?.ready && isAlive(present.supervisor)) {
    const lacking = (options.parts ?? []).filter((part) => !present.parts.includes(part));
    if (lacking.length > 0) throw new Error(`The lab in ${paths.dir} runs without ${lacking.join(', ')}. End it with "npx nightshift lab down", and start it with them.`);
    progress(`A lab is already running in ${paths.dir}`);
    return present;
  }
  const parts = options.parts ?? [];
  await ensurePackages(progress, parts);
  await ensureTools(progress, parts);
  if (present) progress('Clearing what an earlier lab left');
  await labDown(paths);
  await prepare(paths, options, progress);
  const child = startSupervisor(paths, options);
  const interrupt = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const handle = await describe(paths, child, options);
    await untilReady(child, progress);
    writeHandle(paths, { ...handle, ready: true });
    child.disconnect();
    child.unref();
    return { ...handle, ready: true };
  } catch (error) {
    await labDown(paths);
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function requireRoot(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('The lab needs Linux and root, because it makes network and mount namespaces. Run it as root, or use the practice cluster ("npm start").');
}

async function prepare(paths: LabPaths, options: LabUpOptions, progress: Progress): Promise<void> {
  progress('Certificates and manifests');
  // An audit log that began with an earlier lab would be counted as this one's.
  rmSync(paths.logs, { recursive: true, force: true });
  for (const folder of [paths.dir, paths.logs, paths.pods, path.dirname(paths.netns)]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  await createCertificates(paths);
  writeComponentKubeconfigs(paths);
  const webhookToken = options.webhookToken ?? randomBytes(24).toString('hex');
  writeFileSync(paths.webhookToken, webhookToken, { mode: 0o600 });
  renderManifests(paths, { factor: options.factor ?? DEFAULT_FACTOR, webhookUrl: options.webhookUrl ?? DEFAULT_WEBHOOK_URL, parts: options.parts ?? [] });
  writeSecrets(paths, webhookToken);
}

/** From dist/, also when a test runs the sources. `unshare` becomes the supervisor, so that its process ID is the one that holds the namespaces. */
function startSupervisor(paths: LabPaths, { factor = DEFAULT_FACTOR, parts = [] }: LabUpOptions): ChildProcess {
  const log = openSync(path.join(paths.logs, 'supervisor.log'), 'a');
  const args = ['--net', '--mount', '--propagation', 'private', '--', process.execPath, path.join(projectRoot(), 'dist', 'infra', 'lab', 'supervisor.js'), paths.dir, String(factor), parts.join(',')];
  const child = spawn('unshare', args, { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  return child;
}

async function describe(paths: LabPaths, child: ChildProcess, options: LabUpOptions): Promise<LabHandle> {
  // Its first message comes from inside the new namespace.
  await new Promise<void>((resolve, reject) => {
    child.once('message', (message: SupervisorMessage) => (message.type === 'failed' ? reject(new Error(message.message)) : resolve()));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The lab's supervisor ended at once (${code}); see ${path.join(paths.logs, 'supervisor.log')}`)));
  });
  const pid = child.pid ?? 0;
  const supervisor = identify(pid);
  if (!supervisor) throw new Error(`The lab's supervisor ended at once; see ${path.join(paths.logs, 'supervisor.log')}`);
  writeFileSync(paths.netns, '');
  await capture('mount', ['--bind', `/proc/${pid}/ns/net`, paths.netns]);
  const handle: LabHandle = {
    supervisor,
    netnsInode: namespaceInode(paths.netns),
    factor: options.factor ?? DEFAULT_FACTOR,
    webhookUrl: options.webhookUrl ?? DEFAULT_WEBHOOK_URL,
    startedAt: new Date().toISOString(),
    parts: options.parts ?? [],
    ready: false,
  };
  writeHandle(paths, handle);
  return handle;
}

function untilReady(child: ChildProcess, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: SupervisorMessage) => {
      if (message.type === 'progress') progress(message.text);
      else if (message.type === 'ready') resolve();
      else reject(new Error(message.message));
    });
    child.once('exit', () => reject(new Error('The lab ended while it was being made.')));
  });
}

import { appendFileSync, cpSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PracticeCluster } from '../../../activities/practice/cluster';
import { practiceManifests } from '../../../activities/practice/manifests';
import { Practice, RUNBOOKS, reference } from './practice-harness';

const DO = { dryRun: false };
let practice: Practice;
beforeEach(() => (practice = new Practice()));
afterEach(() => practice.remove());

const auditFile = () => path.join(practice.folder, 'practice', 'audit.jsonl');

describe('the practice cluster after a crash', () => {
  it('is as it was: the scene, its objects, pods on their way, logs', async () => {
    practice.cluster.play('two-receivers-bad-file');
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), DO);
    practice.pass(600);
    const before = await practice.pods('thanos-receive');
    practice.cluster = practice.reopened();
    expect(await practice.pods('thanos-receive')).toEqual(before);
    practice.pass(3_000);
    expect(await practice.pods('thanos-receive')).toEqual(await practice.reopened().gateway.list({ apiVersion: 'v1', kind: 'Pod' }, 'monitoring', { app: 'thanos-receive' }));
    expect(practice.cluster.scene()).toMatchObject({ example: 'two-receivers-bad-file', healed: false });
  });

  it('counts a mutation once, when the process died before the audit line', async () => {
    practice.cluster.play('two-receivers-bad-file');
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), DO);
    const [entry] = practice.cluster.audit();
    rmSync(auditFile());
    expect(practice.reopened().audit()).toEqual([entry]);
    expect(practice.reopened().audit()).toEqual([entry]);
  });

  it('counts a mutation once, when the audit line was cut', async () => {
    practice.cluster.play('two-receivers-bad-file');
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), DO);
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-2')), DO);
    const entries = practice.cluster.audit();
    const text = readFileSync(auditFile(), 'utf8');
    writeFileSync(auditFile(), text.slice(0, -30));
    expect(practice.reopened().audit()).toEqual(entries);
  });

  it('goes on counting over scenes', async () => {
    practice.cluster.play('two-receivers-bad-file');
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), DO);
    practice.cluster.play('one-receiver-crash-looping');
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), DO);
    expect(practice.cluster.audit().map(({ sequence, verb, scene }) => [sequence, verb, scene])).toEqual([
      [1, 'evict', 'remote-write-failure/two-receivers-bad-file'],
      [2, 'evict', 'remote-write-failure/one-receiver-crash-looping'],
    ]);
  });

  it('is not stopped by the lock of a process that was killed', async () => {
    const lock = path.join(practice.folder, 'practice', 'state.lock');
    appendFileSync(lock, '');
    utimesSync(lock, new Date(0), new Date(0));
    practice.cluster.play('two-receivers-bad-file');
    expect(practice.cluster.scene()?.example).toBe('two-receivers-bad-file');
  });

  it('says what to do when its memory is damaged', () => {
    writeFileSync(path.join(practice.folder, 'practice', 'state.json'), '{"version":1,');
    expect(() => practice.reopened()).toThrow(/The practice cluster's memory .*state\.json cannot be read: .* Delete the folder .*practice to begin anew\./);
  });
});

describe('a process that is killed while it writes', () => {
  it.each([150, 250, 350])('after %i ms leaves as many changes as audit entries', async (milliseconds) => {
    const child = spawn(process.execPath, [path.join(__dirname, 'annotate.mjs'), practice.folder, 'k', '10000'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until(() => practice.cluster.audit().length > 0);
    await delay(milliseconds);
    child.kill('SIGKILL');
    await ended;
    const survivor = practice.reopened();
    const service = await survivor.gateway.read({ apiVersion: 'v1', kind: 'Service', namespace: 'monitoring', name: 'thanos-receive-lb' });
    const changes = Object.keys(service?.metadata['labels'] as object).filter((label) => label.startsWith('k-')).length;
    expect(changes).toBeGreaterThan(0);
    expect(survivor.audit()).toHaveLength(changes);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}

describe('manifests that change between two starts', () => {
  const other = () => {
    const manifests = path.join(practice.folder, 'manifests');
    cpSync(practiceManifests(), manifests, { recursive: true });
    appendFileSync(path.join(manifests, 'thanos-receive-lb.yaml'), '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: added, namespace: monitoring }\n');
    return PracticeCluster.open(practice.folder, RUNBOOKS, { now: practice.now, manifests });
  };
  const added = (cluster: PracticeCluster) => cluster.gateway.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'added' });

  it('make the pipeline anew, and keep the count of mutations', async () => {
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), DO);
    const cluster = other();
    expect(await added(cluster)).toBeDefined();
    expect(cluster.audit()).toHaveLength(1);
  });

  it('do not disturb a scene in play', async () => {
    practice.cluster.play('receiver-service-deleted');
    const cluster = other();
    expect(await added(cluster)).toBeUndefined();
    expect(cluster.scene()?.example).toBe('receiver-service-deleted');
  });
});

describe('two processes on one practice cluster', () => {
  it('see each other’s changes', async () => {
    const other = practice.reopened();
    expect(other.scene()).toBeUndefined();
    practice.cluster.play('receiver-service-deleted');
    expect(other.scene()?.example).toBe('receiver-service-deleted');
    expect(await other.gateway.read({ apiVersion: 'v1', kind: 'Service', namespace: 'monitoring', name: 'thanos-receive-lb' })).toBeUndefined();
  });

  it('lose no mutation when both write at once', () => {
    const script = path.join(__dirname, 'annotate.mjs');
    const run = (label: string) => `node ${JSON.stringify(script)} ${JSON.stringify(practice.folder)} ${label} 15`;
    const done = spawnSync('sh', ['-c', `${run('a')} & ${run('b')} & wait`], { encoding: 'utf8' });
    expect(done.stderr).toBe('');
    const audit = practice.reopened().audit();
    expect(audit).toHaveLength(30);
    expect(audit.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });
});

import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Pod } from '../../../infra/lab/api/types';
import { writePayload } from '../../../infra/lab/node/atomic-folder';
import { expand, invocation } from '../../../infra/lab/node/container-env';
import { terminated, waitingStatus, type ContainerStatus } from '../../../infra/lab/node/container-status';
import { formatLine, parseLogQuery, renderLog } from '../../../infra/lab/node/log-format';
import { PodAddresses } from '../../../infra/lab/node/pod-addresses';
import { mergeConditions, podStatus } from '../../../infra/lab/node/pod-status';
import { restartDelayMs, timings } from '../../../infra/lab/node/timings';
import { PodVolumes, VolumeNotReady, type VolumeSources } from '../../../infra/lab/node/volumes';

const pod: Pod = {
  metadata: { name: 'p-0', namespace: 'monitoring', uid: 'u', labels: { app: 'p' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};

describe('restarts', () => {
  it('are immediate at first and then pause twice as long each time, up to a cap', () => {
    const times = timings(1 / 20);
    expect([1, 2, 3, 4, 5, 6, 7, 99].map((crashes) => restartDelayMs(crashes, times))).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it('leave a process real time to end', () => {
    const { graceMs } = timings(1 / 20);
    expect([0, 3, 30, 600].map(graceMs)).toEqual([0, 3_000, 5_000, 30_000]);
  });
});

describe('logs', () => {
  const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
  const kept = [1, 2, 3].map((second) => formatLine(at(second), 'stderr', `line ${second}`)).join('');

  it('are kept with time and stream, and shown without', () => {
    expect(kept.split('\n')[0]).toBe('2026-01-01T00:00:01.000000000Z stderr F line 1');
    expect(renderLog(kept, {})).toBe('line 1\nline 2\nline 3\n');
    expect(renderLog(kept, { timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:00:03.000000000Z line 3\n');
  });

  it.each([
    [{ tailLines: 2 }, 'line 2\nline 3\n'],
    [{ tailLines: 0 }, ''],
    [{ sinceTime: at(3) }, 'line 3\n'],
    [{ limitBytes: 6 }, 'line 1'],
  ])('are selected by %j', (options, text) => expect(renderLog(kept, options)).toBe(text));

  it("understand the kubelet's query", () => {
    expect(parseLogQuery(new URLSearchParams('sinceSeconds=10&tailLines=5&previous=true'), at(30))).toEqual({ tailLines: 5, sinceTime: at(20), timestamps: false, previous: true, follow: false });
    expect(() => parseLogQuery(new URLSearchParams('tailLines=x'))).toThrow('tailLines');
  });
});

describe('containers', () => {
  it('get their variables expanded in order', () => {
    const container = { name: 'c', image: 'i', command: ['run'], args: ['--at=$(POD_IP):1', '$(NO)', '$$(POD_IP)'], env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, { name: 'URL', value: 'http://$(POD_IP)' }] };
    const { env, command } = invocation(container, pod, '10.244.0.1', []);
    expect(command).toEqual(['run', '--at=10.244.0.1:1', '$(NO)', '$(POD_IP)']);
    expect(env).toMatchObject({ URL: 'http://10.244.0.1' });
    expect(expand('$(A)$(A)', { A: 'x' })).toBe('xx');
  });

  it('get all of a ConfigMap and of a Secret as variables, of which their own are stronger, and wait for one that is not there', () => {
    const objects: Record<string, object> = { 'monitoring/known': { data: { A: '1', B: '2' } }, 'monitoring/secret': { data: { C: Buffer.from('3').toString('base64') } } };
    const find = { find: (namespace: string, name: string) => objects[`${namespace}/${name}`] };
    const volumes = new PodVolumes(pod, '/nowhere', '', { configMaps: find, secrets: find } as unknown as VolumeSources);
    const container = { name: 'c', image: 'i', command: ['run', '$(A)'], env: [{ name: 'B', value: 'own' }], envFrom: [{ configMapRef: { name: 'known' } }, { secretRef: { name: 'secret' } }, { secretRef: { name: 'none', optional: true } }] };
    const { env, command } = invocation(container, pod, '', [], volumes.variables(container));
    expect(env).toMatchObject({ A: '1', B: 'own', C: '3' });
    expect(command).toEqual(['run', '1']);
    expect(() => volumes.variables({ ...container, envFrom: [{ configMapRef: { name: 'none' } }] })).toThrow(VolumeNotReady);
  });

  it('runs its image’s first program where it names none, and finds one that elsewhere is in /bin', () => {
    expect(invocation({ name: 'c', image: 'i', args: ['--agent'] }, pod, '', ['prometheus', 'promtool']).command).toEqual(['prometheus', '--agent']);
    expect(invocation({ name: 'c', image: 'i', command: ['/bin/promtool'] }, pod, '', ['prometheus', 'promtool']).command).toEqual(['promtool']);
    expect(invocation({ name: 'c', image: 'i', command: ['/bin/sh'] }, pod, '', ['prometheus']).command).toEqual(['/bin/sh']);
    expect(() => invocation({ name: 'c', image: 'i' }, pod, '', [])).toThrow('no command');
  });
});

describe('pod status', () => {
  const running: ContainerStatus = { ...waitingStatus({ name: 'c', image: 'i' }, ''), ready: true, started: true, state: { running: { startedAt: 't' } } };
  const facts = { podIp: '10.244.0.1', startedAt: new Date(0), initialized: true, init: [], finished: false, resizeErrors: [] };
  const ready = (status: Record<string, unknown>): unknown => (status['conditions'] as Array<{ type: string; status: string }>).find(({ type }) => type === 'Ready')?.status;

  it('is Running and ready when all containers are', () => {
    const status = podStatus(pod, { ...facts, containers: [running] });
    expect([status['phase'], ready(status)]).toEqual(['Running', 'True']);
  });

  it('stays Running while a container crash-loops', () => {
    const crashed = { containerID: 'x', exitCode: 1, reason: 'Error', startedAt: 't', finishedAt: 't' };
    const status = podStatus(pod, { ...facts, containers: [{ ...running, ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: crashed } }] });
    expect([status['phase'], ready(status)]).toEqual(['Running', 'False']);
  });

  it('is Pending while init containers run', () => {
    expect(podStatus(pod, { ...facts, initialized: false, containers: [waitingStatus({ name: 'c', image: 'i' }, 'PodInitializing')] })['phase']).toBe('Pending');
  });

  it('says OOMKilled only of what the kernel killed for its memory', () => {
    const exit = { exitCode: 137, signal: 'SIGKILL', startedAt: new Date(0), finishedAt: new Date(1_000) };
    expect(terminated({ ...exit, oomKilled: true }, 'x')).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(terminated({ ...exit, oomKilled: false }, 'x')).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('says of a resize that failed why, for as long as it is so', () => {
    const typesOf = (status: Record<string, unknown>): string[] => (status['conditions'] as Array<{ type: string }>).map(({ type }) => type);
    const failed = podStatus({ ...pod, metadata: { ...pod.metadata, generation: 2 } }, { ...facts, containers: [running], resizeErrors: ['busy'] });
    expect(failed).toMatchObject({ observedGeneration: 2, conditions: expect.arrayContaining([expect.objectContaining({ type: 'PodResizeInProgress', status: 'True', reason: 'Error', message: 'busy' })]) });
    const after = podStatus({ ...pod, status: { conditions: failed['conditions'] as [] } }, { ...facts, containers: [running] });
    expect(typesOf(after)).not.toContain('PodResizeInProgress');
  });

  it("keeps others' conditions, and the time of a condition that did not change", () => {
    const known = [{ type: 'PodScheduled', status: 'True' as const }, { type: 'Ready', status: 'True' as const, lastTransitionTime: 'then' }];
    expect(mergeConditions(known, [{ type: 'Ready', status: 'True' }], new Date(0))).toEqual([known[0], known[1]]);
    expect(mergeConditions(known, [{ type: 'Ready', status: 'False' }], new Date(0))[1]).toMatchObject({ status: 'False', lastTransitionTime: '1970-01-01T00:00:00Z' });
  });
});

describe('pod addresses', () => {
  it('go round, so that a new pod has a new one', () => {
    const addresses = new PodAddresses('10.244.0');
    expect([addresses.allocate(), addresses.allocate()]).toEqual(['10.244.0.1', '10.244.0.2']);
    addresses.release('10.244.0.1');
    expect(addresses.allocate()).toBe('10.244.0.3');
    expect(addresses.allocate('10.244.0.1')).toBe('10.244.0.1');
    expect(addresses.allocate('10.244.0.1')).toBe('10.244.0.4');
  });
});

describe('ConfigMap volumes', () => {
  it('change in one step, through ..data', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'volume-'));
    try {
      expect(writePayload(folder, new Map([['a', Buffer.from('1')], ['b/c', Buffer.from('2')]]))).toBe(true);
      expect(readlinkSync(path.join(folder, 'a'))).toBe('..data/a');
      const first = readlinkSync(path.join(folder, '..data'));
      expect(writePayload(folder, new Map([['a', Buffer.from('1')], ['b/c', Buffer.from('2')]]))).toBe(false);
      expect(writePayload(folder, new Map([['a', Buffer.from('3')]]))).toBe(true);
      expect(readlinkSync(path.join(folder, '..data'))).not.toBe(first);
      expect(readFileSync(path.join(folder, 'a'), 'utf8')).toBe('3');
      expect(readdirSync(folder).filter((name) => !name.startsWith('..'))).toEqual(['a']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

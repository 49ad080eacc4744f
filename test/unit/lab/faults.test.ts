import { choose, seededRandom } from '../../../infra/lab/injection/choose';
import { loadFaults, parseFault } from '../../../infra/lab/injection/fault-file';
import { isInState } from '../../../infra/lab/injection/lab-pods';
import { podRows } from '../../../infra/lab/pod-rows';
import type { Pod } from '../../../infra/lab/api/types';

describe('fault files', () => {
  it('are all valid, and named by their ID', () => {
    expect(loadFaults().map(({ id }) => id)).toEqual(expect.arrayContaining(['receivers-truncated-hashring-file', 'receivers-bad-flag', 'receive-service-deleted', 'one-receiver-crashed', 'agent-wrong-remote-write-host', 'agent-wrong-remote-write-path']));
  });

  it('say which field is wrong', () => {
    expect(() => parseFault('{id: x, title: t, effect: e, inject: [{signal: {container: c}}], heal: []}', 'x.yaml')).toThrow(/x\.yaml[\s\S]*heal/);
  });

  it('may hold an answer, which has to name a class and actions that there are', () => {
    const fault = (answer: object): string => JSON.stringify({ id: 'x', title: 't', effect: 'e', inject: [{ delete: { labels: 'app=x' } }], heal: [{ delete: { labels: 'app=x' } }], answer });
    const right = { class: 'disk-full', cause: 'Inodes exhausted → inode limit', section: '4.3', right: ['A5'], forbidden: ['A11'], expected: ['recovered'] };
    expect(parseFault(fault(right), 'x.yaml').answer).toEqual(right);
    expect(() => parseFault(fault({ ...right, class: 'disk-is-full' }), 'x.yaml')).toThrow(/x\.yaml[\s\S]*answer\.class/);
    expect(() => parseFault(fault({ ...right, right: ['restart it'] }), 'x.yaml')).toThrow(/x\.yaml[\s\S]*answer\.right/);
  });
});

describe('choice by seed', () => {
  it('is repeatable, and reaches every pair', () => {
    const pairs = new Set(Array.from({ length: 50 }, (_value, seed) => choose(['a', 'b', 'c'], 2, seededRandom(seed)).join('')));
    expect([...pairs].sort()).toEqual(['ab', 'ac', 'bc']);
    expect(choose(['a', 'b', 'c'], 2, seededRandom(7))).toEqual(choose(['a', 'b', 'c'], 2, seededRandom(7)));
  });

  it('takes all when more are wanted', () => expect(choose(['a'], 3, seededRandom(1))).toEqual(['a']));
});

describe('pod states', () => {
  const pod = (ready: boolean, waiting?: string, deletionTimestamp?: string): Pod =>
    ({
      metadata: { name: 'p', namespace: 'n', uid: 'u', ...(deletionTimestamp ? { deletionTimestamp } : {}) },
      spec: { containers: [] },
      status: { phase: 'Running', podIP: '10.244.0.1', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }], containerStatuses: [{ restartCount: 2, state: waiting ? { waiting: { reason: waiting } } : { running: {} } }] },
    }) as unknown as Pod;

  it.each([
    ['ready', pod(true), 'ready', true],
    ['crash-looping', pod(false, 'CrashLoopBackOff'), 'crashLooping', true],
    ['starting', pod(false), 'crashLooping', false],
    ['starting', pod(false), 'notReady', true],
    ['going', pod(true, undefined, 'now'), 'any', false],
  ] as const)('a %s pod', (_name, subject, state, answer) => expect(isInState(subject, state)).toBe(answer));

  it('are shown by the reason of waiting', () => {
    expect(podRows(JSON.stringify({ items: [pod(false, 'CrashLoopBackOff')] }))).toEqual([{ namespace: 'n', name: 'p', ready: false, state: 'CrashLoopBackOff', restarts: 2, ip: '10.244.0.1' }]);
  });
});

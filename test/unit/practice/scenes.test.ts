import { failureTypeOf } from '../../../workflows/contracts';
import { readShapes } from '../../../activities/runbooks/loader';
import { Practice, RUNBOOKS, reference, shown } from './practice-harness';

const DO = { dryRun: false };
let practice: Practice;
beforeEach(() => (practice = new Practice()));
afterEach(() => practice.remove());

describe('examples', () => {
  it('on offer are those marked for practice, with the alert that opens them', () => {
    const marked = readShapes(RUNBOOKS).flatMap(({ examples }) => examples.filter((example) => example.practice).map(({ id }) => id));
    expect(practice.cluster.examples().map(({ id }) => id)).toEqual(marked);
    expect(practice.cluster.examples().find(({ id }) => id === 'two-receivers-bad-file')).toMatchObject({ runbook: 'remote-write-failure', alert: { alertname: 'RemoteWriteLagging', cluster: 'cluster-03' } });
  });

  it('that are not there are refused with the names of those that are', () => {
    expect(() => practice.cluster.play('none')).toThrow(/There is no practice example none; there are: .*two-receivers-bad-file, /);
  });

  it.each(practiceIds())('%s sets a scene that is not healed', (id) => {
    practice.cluster.play(id);
    expect(practice.cluster.scene()).toMatchObject({ example: id, healed: false });
  });

  it('begin anew each time', async () => {
    practice.cluster.play('receiver-service-deleted');
    expect(await practice.find('v1', 'Service', 'thanos-receive-lb')).toBeUndefined();
    practice.cluster.play('two-receivers-bad-file');
    expect(await practice.find('v1', 'Service', 'thanos-receive-lb')).toBeDefined();
  });
});

function practiceIds(): string[] {
  return readShapes(RUNBOOKS).flatMap(({ examples }) => examples.filter((example) => example.practice).map(({ id }) => id));
}

describe('two receivers with a bad file', () => {
  beforeEach(() => practice.cluster.play('two-receivers-bad-file'));

  it('look and talk as they would', async () => {
    expect((await practice.pods('thanos-receive')).map(shown)).toEqual(['1/1 Running', '0/1 CrashLoopBackOff', '0/1 CrashLoopBackOff']);
    const log = (previous: boolean) => practice.cluster.gateway.logs({ namespace: 'monitoring', pod: 'thanos-receive-1', previous });
    expect(await log(true)).toMatch(/level=error err="configuration file is not parsable/);
    expect(await log(true)).toContain('ts=2026-11-22T02:59:19.000Z');
    expect(await log(false)).toBe('');
  });

  it('are healed by eviction: new pods have new files, no old log, and the scene is over', async () => {
    for (const name of ['thanos-receive-1', 'thanos-receive-2']) await practice.cluster.gateway.evict(reference(await practice.pod(name)), DO);
    expect(practice.cluster.scene()?.healed).toBe(false);
    practice.pass(3_000);
    expect(practice.cluster.scene()?.healed).toBe(true);
    expect(await practice.cluster.gateway.logs({ namespace: 'monitoring', pod: 'thanos-receive-1', previous: true })).toBe('');
  });
});

describe('two receivers with a bad flag', () => {
  beforeEach(() => practice.cluster.play('two-receivers-bad-flag'));

  it('come back broken when they are only evicted', async () => {
    await practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-2')), DO);
    practice.pass(3_000);
    expect(shown(await practice.pod('thanos-receive-2'))).toBe('0/1 CrashLoopBackOff');
    expect(practice.cluster.scene()?.healed).toBe(false);
  });

  it('have a revision that no healthy pod has, made by somebody with kubectl', async () => {
    const set = (await practice.find('apps/v1', 'StatefulSet', 'thanos-receive'))!;
    const { updateRevision, currentRevision } = set['status'] as Record<string, string>;
    const revisions = (await practice.pods('thanos-receive')).map(({ metadata }) => (metadata['labels'] as Record<string, string>)['controller-revision-hash']);
    expect(revisions).toEqual([currentRevision, updateRevision, updateRevision]);
    expect(updateRevision).not.toBe(currentRevision);
    expect(set.metadata['managedFields']).toEqual([expect.objectContaining({ manager: 'kubectl-edit', time: '2026-11-22T02:54:00.000Z' })]);
  });
});

describe('a scene that changed no object', () => {
  it('is over when a person says so', () => {
    practice.cluster.stage({ id: 'remote-write-failure', probes: [] }, readShapes(RUNBOOKS).flatMap(({ examples }) => examples).find(({ id }) => id === 'receivers-too-slow')!);
    practice.pass(60_000);
    expect(practice.cluster.scene()?.healed).toBe(false);
    practice.cluster.heal();
    expect(practice.cluster.scene()?.healed).toBe(true);
  });
});

describe('an agent with a wrong host', () => {
  it('is healed only when the right file is there and was read', async () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'prometheus-agent-config' };
    const right = ((await practice.cluster.gateway.read(config))?.['data'] as Record<string, string>)['prometheus.yml'];
    practice.cluster.play('agent-host-wrong');
    await practice.cluster.gateway.patch(config, [{ op: 'replace', path: '/data/prometheus.yml', value: right }], DO);
    expect(practice.cluster.scene()?.healed).toBe(false);
    await practice.cluster.gateway.proxyPost({ namespace: 'monitoring', resource: 'pods', name: 'prometheus-agent-0', port: 9090, path: '/-/reload' });
    expect(practice.cluster.scene()?.healed).toBe(true);
  });

  it('lags in its own metrics as the example says', async () => {
    practice.cluster.play('agent-host-wrong');
    const samples = await practice.cluster.metrics.scrape({ namespace: 'monitoring', name: 'prometheus-agent-0', port: 9090 });
    const sent = samples.find(({ name }) => name === 'prometheus_remote_storage_queue_highest_sent_timestamp_seconds');
    expect(practice.now().getTime() / 1_000 - (sent?.value ?? 0)).toBeCloseTo(312);
    await expect(practice.cluster.metrics.scrape({ namespace: 'monitoring', name: 'thanos-query-0', port: 10902 })).rejects.toThrow(/has no metrics of Pod thanos-query-0/);
  });
});

describe('a scene that names what is not there', () => {
  it('is refused and says what there is', () => {
    const example = { ...readShapes(RUNBOOKS)[0]!.examples[0]!, objects: [{ kind: 'Service', name: 'none', patch: null }] };
    const error: unknown = (() => {
      try {
        return practice.cluster.stage({ id: 'remote-write-failure', probes: [] }, example);
      } catch (caught) {
        return caught;
      }
    })();
    expect(failureTypeOf(error)).toBe('RunbookInvalid');
    expect((error as Error).message).toMatch(/changes Service none, which the practice cluster does not have; it has .*thanos-receive-lb/);
    expect(practice.cluster.scene()).toBeUndefined();
  });
});

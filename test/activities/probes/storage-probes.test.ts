import { failure } from '../../../workflows/contracts';
import { accessWith, claim, pod, receiverWithClaim, statefulSet, statsSummary, storageClass, storageMetrics, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

const MIB = 1024 ** 2;

function receivers(used: readonly number[] = [0.4, 0.98, 0.9]): TestAccess {
  const access = accessWith();
  access.kubernetes.put(statefulSet(), storageClass(true));
  for (const ordinal of [0, 1, 2]) {
    access.kubernetes.put(receiverWithClaim({ ordinal }), claim({ ordinal }));
    access.kubernetes.pages[`node-${ordinal} /stats/summary`] = statsSummary({ [`data-thanos-receive-${ordinal}`]: used[ordinal]!, 'data-other-0': 0.99 });
    access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = storageMetrics();
  }
  return access;
}

/** Pages that are read one after the other; the last one stays. */
const looks = (access: TestAccess, ordinal: number, ...pages: string[]) => {
  let look = 0;
  access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = () => pages[Math.min(look++, pages.length - 1)]!;
};

describe('kubernetes.volumes', () => {
  const volumes = (access: TestAccess, target = 'receiver') => ask(access, 'kubernetes.volumes', { target });

  it('says how full each is, and which can grow', async () => {
    const { fields, summary, table } = await volumes(receivers());
    expect(fields).toMatchObject({ claims: 3, known: 3, fullest: 'data-thanos-receive-1', full: ['data-thanos-receive-1'], filling: ['data-thanos-receive-1', 'data-thanos-receive-2'], expandable: true, resizing: [], notBound: [] });
    expect(fields['usedRatio']).toBeCloseTo(0.98);
    expect(summary).toBe('The fullest volume of receiver, data-thanos-receive-1, is 98 % full (2 GiB of 100 GiB free).');
    expect(table?.rows[1]).toEqual(['data-thanos-receive-1', 'thanos-receive-1', 'Bound', '100Gi', '98 %', '2 GiB', '1 %', 'standard', 'yes']);
  });

  it('sees growth under way, growth that waits for a restart, and growth that was refused', async () => {
    const access = receivers();
    access.kubernetes.put(claim({ ordinal: 0, size: '200Gi', capacity: '100Gi' }), claim({ ordinal: 1, conditions: ['FileSystemResizePending'] }), claim({ ordinal: 2, conditions: ['ControllerResizeError'] }));
    expect((await volumes(access)).fields).toMatchObject({ resizing: ['data-thanos-receive-0', 'data-thanos-receive-1'], resizeNeedsRestart: ['data-thanos-receive-1'], resizeFailed: ['data-thanos-receive-2'] });
  });

  it('knows what a node that is away does not tell, and what may not be read', async () => {
    const access = receivers();
    delete access.kubernetes.pages['node-1 /stats/summary'];
    access.kubernetes.before = (call) => {
      if (call.startsWith('read StorageClass')) throw failure('NotAuthorized', 'forbidden');
    };
    const { fields, summary } = await volumes(access);
    expect(fields).toMatchObject({ claims: 3, known: 2, expandable: null, fullest: 'data-thanos-receive-2' });
    expect(summary).toContain('of 1 it is not known');
    access.kubernetes.pages = {};
    expect((await volumes(access)).fields).toMatchObject({ known: 0, usedRatio: null, fullest: null });
  });

  it('sees inodes, and pods without volumes', async () => {
    const access = receivers();
    access.kubernetes.pages['node-0 /stats/summary'] = statsSummary({ 'data-thanos-receive-0': 0.2 }, 1);
    expect((await volumes(access)).fields).toMatchObject({ inodesUsedRatio: 1 });
    access.kubernetes.put(statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0 }));
    const { fields, summary } = await volumes(access, 'agent');
    expect(fields).toMatchObject({ claims: 0, expandable: null, filling: [] });
    expect(summary).toContain('mount no persistent volume');
  });

  it('asks as few kubelets as there are nodes', async () => {
    const access = receivers();
    let asked = 0;
    access.kubernetes.before = (call) => void (asked += Number(call.includes('/stats/summary')));
    access.kubernetes.put(...[0, 1, 2].map((ordinal) => {
      const made = receiverWithClaim({ ordinal });
      return { ...made, spec: { ...(made['spec'] as object), nodeName: 'node-0' } };
    }));
    await volumes(access);
    expect(asked).toBe(1);
  });
});

describe('thanos.receiverStorage', () => {
  const storage = (access: TestAccess) => ask(access, 'thanos.receiverStorage');

  it('sees uploads that work, and what the data is', async () => {
    const access = receivers();
    looks(access, 0, storageMetrics({ blocks: 90 * MIB, wal: 10 * MIB }));
    expect((await storage(access)).fields).toMatchObject({ running: 3, answering: 3, uploadsFailing: false, storeFails: false, dominates: 'blocks', blockBytes: 90 * MIB, retentionSeconds: 21600, walWritesFailing: false, troubledReceivers: [] });
  });

  it('tells a store that refuses from a block that stops the uploads', async () => {
    const access = receivers();
    looks(access, 1, storageMetrics({ syncs: 40, failures: 3, operations: { exists: 3 } }), storageMetrics({ syncs: 40, failures: 4, operations: { exists: 4 } }));
    const refused = await storage(access);
    expect(refused.fields).toMatchObject({ uploadsFailing: true, failingReceivers: ['thanos-receive-1'], storeFails: true, failedOperations: ['exists'], troubledTenants: ['default-tenant'] });
    expect(refused.summary).toContain('Thanos-receive-1 cannot upload to the object store (failed: exists)');
    looks(access, 1, storageMetrics({ syncs: 0, failures: 3 }));
    const blocked = await storage(access);
    expect(blocked.fields).toMatchObject({ uploadsFailing: true, storeFails: false });
    expect(blocked.summary).toContain('a local block stops it');
  });

  it('does not call what failed once and works since a failure, and does not guess', async () => {
    const access = receivers();
    looks(access, 1, storageMetrics({ syncs: 40, failures: 3 }), storageMetrics({ syncs: 41, failures: 3 }));
    expect((await storage(access)).fields).toMatchObject({ uploadsFailing: false });
    looks(access, 1, storageMetrics({ syncs: 40, failures: 3 }));
    expect((await storage(access)).fields).toMatchObject({ uploadsFailing: null });
  });

  it('sees writes that fail now, and faults of the TSDB by receiver', async () => {
    const access = receivers();
    looks(access, 2, storageMetrics({ walWritesFailed: 7 }), storageMetrics({ walWritesFailed: 9, extra: 'prometheus_tsdb_checkpoint_creations_failed_total{tenant="a"} 4' }));
    expect((await storage(access)).fields).toMatchObject({ walWritesFailing: true, walWritesFailed: 9, checkpointFailures: 4, troubledReceivers: ['thanos-receive-2'], troubledTenants: ['default-tenant', 'a'] });
  });

  it('leaves out a receiver that hangs, not one that is ready and cannot be read', async () => {
    const access = receivers();
    access.kubernetes.put(receiverWithClaim({ ordinal: 0, life: 'starting' }));
    delete access.kubernetes.pages['thanos-receive-0 /metrics'];
    expect((await storage(access)).fields).toMatchObject({ running: 3, answering: 2 });
    delete access.kubernetes.pages['thanos-receive-1 /metrics'];
    await expect(storage(access)).rejects.toMatchObject({ type: 'UpstreamUnavailable' });
    looks(access, 1, 'up 1\n');
    await expect(storage(access)).rejects.toThrow(/not those of Thanos/);
  });

  it('says that none runs', async () => {
    const access = receivers();
    access.kubernetes.put(...[0, 1, 2].map((ordinal) => receiverWithClaim({ ordinal, life: 'crashing' })));
    const { fields, summary } = await storage(access);
    expect(fields).toMatchObject({ running: 0, answering: 0, uploadsFailing: null });
    expect(summary).toBe('No receiver runs, so none can be asked about its storage.');
  });
});

describe('thanos.uploads', () => {
  const uploads = (access: TestAccess, timeoutMs = 60_000) => ask(access, 'thanos.uploads', {}, { timeoutMs });

  it('watches a whole round of each', async () => {
    const access = receivers();
    looks(access, 0, storageMetrics({ syncs: 10 }), storageMetrics({ syncs: 11 }));
    looks(access, 1, storageMetrics({ syncs: 10, failures: 2 }), storageMetrics({ syncs: 10, failures: 3 }));
    // The third is started anew in between.
    looks(access, 2, storageMetrics({ syncs: 90, failures: 5 }), storageMetrics({ syncs: 2, started: 1_772_334_010 }));
    const { fields, summary } = await uploads(access);
    expect(fields).toEqual({ answering: 3, synced: 2, failing: ['thanos-receive-1'], complete: true });
    expect(summary).toBe('thanos-receive-1 could not upload within 35 s.');
    expect(access.clock.slept).toEqual([35_000]);
  });

  it('says when its window was too short', async () => {
    expect((await uploads(receivers(), 10_000)).fields).toMatchObject({ complete: false, failing: [] });
  });
});

describe('kubernetes.secret', () => {
  const data = (value: string) => ({ 'objstore.yml': Buffer.from(value).toString('base64') });
  const secret = (value: string, time = '2026-03-01T02:50:00Z') => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'thanos-objstore-secret', namespace: 'monitoring', uid: 'uid-secret', managedFields: [{ manager: 'kubectl-edit', time, fieldsV1: { 'f:data': {} } }] }, data: data(value) });
  const asked = (live: ReturnType<typeof secret> | undefined, desired?: string) => {
    const access = accessWith({}, desired === undefined ? {} : { 'Secret thanos-objstore-secret': { ...secret(desired), metadata: { name: 'thanos-objstore-secret', namespace: 'monitoring' } } });
    access.kubernetes.put(statefulSet(), receiverWithClaim({ ordinal: 0 }), receiverWithClaim({ ordinal: 1, created: '2026-03-01T02:55:00Z' }), ...(live ? [live] : []));
    return ask(access, 'kubernetes.secret');
  };

  it('compares by digests, and knows who was started before the last change', async () => {
    const evidence = await asked(secret('pl4nted-live'), 'pl4nted-desired');
    expect(evidence.fields).toEqual({ exists: true, keyPresent: true, desiredKnown: true, matchesDesired: false, changedKeys: ['objstore.yml'], minutesSinceChange: 10, changedBy: ['kubectl-edit'], startedBeforeChange: ['thanos-receive-0'] });
    expect(evidence.table?.rows[0]?.[1]).toMatch(/^hmac-sha256:[0-9a-f]{32}$/);
    expect(JSON.stringify(evidence)).not.toMatch(/pl4nted|cGw0bnRlZ/);
  });

  it('knows its absence, and what nobody desires', async () => {
    expect((await asked(undefined, 'x')).fields).toMatchObject({ exists: false, keyPresent: null, matchesDesired: false, changedKeys: ['objstore.yml'] });
    expect((await asked(secret('x'))).fields).toMatchObject({ desiredKnown: false, matchesDesired: null });
    expect((await asked(secret('x'), 'x')).fields).toMatchObject({ matchesDesired: true, changedKeys: [] });
  });
});

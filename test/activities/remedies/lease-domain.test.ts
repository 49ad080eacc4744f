import { domainOfObject, domainOfRole } from '../../../activities/kubernetes/lease-domain';
import { FAILURE_DOMAINS, type FailureDomain, type Plan } from '../../../workflows/contracts';
import { targetsOf } from '../../../workers/config/targets';
import { accessWith, claim, clusterConfig, killSwitch, NAMESPACE, pod, receiverWithClaim, statefulSet, statsSummary, storageClass, storageMetrics, type TestAccess } from '../../support/pipeline-objects';
import { execute, leaseOf, planned } from './harness';

const ROLES = targetsOf(NAMESPACE, {}, 'x');
const object = (kind: string, name: string, namespace = NAMESPACE) => ({ apiVersion: 'v1', kind, namespace, name });
const domain = (kind: string, name: string, targets = ROLES) => domainOfObject(targets, object(kind, name));

test('every role that Nightshift knows has a failure domain, and a role of one’s own shares one', () => {
  expect(Object.keys(ROLES).filter((role) => domainOfRole(role) === 'unknown')).toEqual([]);
  expect([domainOfRole('somethingElse'), domainOfRole('constructor')]).toEqual(['unknown', 'unknown']);
});

test('the role says it, whatever the object is called', () => {
  const named = targetsOf(NAMESPACE, { receiver: { name: 'metrics-ingest' }, hashring: { name: 'ring' }, store: { name: 'thanos-receive-archive' } }, 'x');
  expect(['metrics-ingest', 'ring', 'thanos-receive-archive'].map((name) => domain(name === 'ring' ? 'ConfigMap' : 'StatefulSet', name, named))).toEqual(['receive', 'receive', 'store']);
  expect(domain('Pod', 'metrics-ingest-0', named)).toBe('receive');
  expect(domain('PersistentVolumeClaim', 'data-metrics-ingest-0', named)).toBe('receive');
  expect(domain('Pod', 'thanos-receive-archive-0', named)).toBe('store');
});

test('the object store’s Secret has one lease, and so has what is kept of it; pods are those of the longest name', () => {
  expect([domain('Secret', 'thanos-objstore-secret'), domain('Secret', 'thanos-objstore-secret-nightshift-copy')]).toEqual(['store', 'store']);
  expect(domain('Pod', 'thanos-query-frontend-5f-x', { ...ROLES, query: { ...ROLES['query']!, name: 'thanos-query' }, frontend: { ...ROLES['frontend']!, name: 'thanos-query-frontend' } })).toBe('query');
  expect(domain('Pod', 'alertmanager-0')).toBe('alerting');
});

test('what belongs to no role, or is in another namespace, is under the lease of nobody’s domain', () => {
  expect([domain('Secret', 'other'), domain('StatefulSet', 'thanos'), domainOfObject(ROLES, object('StatefulSet', 'thanos-receive', 'kube-system'))]).toEqual(['unknown', 'unknown', 'unknown']);
});

const EVICT = 'kubernetes.evictPods';

/** Receivers that nothing in their name says are receivers. */
function ingest(): TestAccess {
  const targets = clusterConfig({}).targets;
  const access = accessWith({ targets: { ...targets, receiver: { ...targets['receiver']!, name: 'metrics-ingest' } } });
  const renamed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('thanos-receive', 'metrics-ingest')) as T;
  access.kubernetes.put(killSwitch('true'), renamed(statefulSet()), ...[0, 1, 2].map((ordinal) => renamed(pod({ ordinal, life: ordinal === 1 ? 'crashing' : 'ready' }))));
  return access;
}

describe('the executing worker', () => {
  const under = (made: Plan, failureDomain: FailureDomain) => ({ lease: leaseOf(made, made.steps[0]!.id, { failureDomain }) });

  it('goes by the role of the step’s object, and takes no other domain’s lease', async () => {
    const access = ingest();
    const made = await planned(access, EVICT, { target: 'receiver' });
    expect(made.domains).toEqual({ [made.steps[0]!.id]: 'receive' });
    for (const other of FAILURE_DOMAINS.filter((name) => name !== 'receive')) {
      await expect(execute(access, made, { change: under(made, other) })).rejects.toMatchObject({ type: 'NotAuthorized', message: expect.stringContaining('under the lease on cluster-03/receive') });
    }
    expect(access.kubernetes.writes).toEqual([]);
    expect((await execute(access, made)).result).toBe('evicted');
  });

  it('takes nobody else’s lease, of another run either', async () => {
    const access = ingest();
    const made = await planned(access, EVICT, { target: 'receiver' });
    const { id } = made.steps[0]!;
    const { holder } = leaseOf(made, id);
    for (const other of ['incident/cluster-03/agent@x', holder.replace(/@.*/, '@another-run'), '']) {
      await expect(execute(access, made, { change: { lease: leaseOf(made, id, { holder: other }) } })).rejects.toMatchObject({ type: 'NotAuthorized', message: expect.stringContaining('is refused') });
    }
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('of an incident that began when names said it, takes the lease that the name said, or its own', async () => {
    const access = ingest();
    const made = await planned(access, EVICT, { target: 'receiver' });
    // Nothing in the name: the incident's own domain.
    const { holder } = leaseOf(made, 'x');
    const held = (failureDomain: FailureDomain) => ({ workflowId: 'incident/cluster-03/agent', lease: leaseOf(made, 'x', { failureDomain, holder: holder.replace('/receive@', '/agent@') }) });
    const automatic = { ...access, config: { ...access.config, policy: { ...access.config.policy, disruptive: { kind: 'automatic' as const } } } };
    await expect(execute(automatic, made, { change: held('query'), leaseByName: true })).rejects.toMatchObject({ type: 'NotAuthorized' });
    await expect(execute(automatic, made, { change: held('agent') })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect((await execute(automatic, made, { change: held('agent'), leaseByName: true })).result).toBe('evicted');
  });
});

test('one plan may need two leases: the Secret’s, and that of the pods which read it', async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'thanos-objstore-secret', namespace: NAMESPACE }, stringData: { 'objstore.yml': 'type: S3\nconfig:\n  bucket: thanos\n  endpoint: s3:8333\n' } };
  const access = accessWith({}, { 'Secret thanos-objstore-secret': secret });
  access.kubernetes.put(killSwitch('true'), statefulSet(), storageClass(true), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'thanos-objstore-secret', namespace: NAMESPACE, uid: 'uid-secret', resourceVersion: '9' }, data: {} });
  for (const ordinal of [0, 1, 2]) {
    access.kubernetes.put(receiverWithClaim({ ordinal }), claim({ ordinal }));
    access.kubernetes.pages[`node-${ordinal} /stats/summary`] = statsSummary({ [`data-thanos-receive-${ordinal}`]: 0.5 });
    access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = storageMetrics();
  }
  const made = await planned(access, 'kubernetes.restoreSecret', {}, ['receiver', 'objectStore', 'agent']);
  expect(made.domains).toEqual({
    'keep-secret': 'store', 'fill-secret': 'store', 'undo-fill-secret': 'store', 'evict-thanos-receive-0': 'receive', 'evict-thanos-receive-1': 'receive', 'evict-thanos-receive-2': 'receive',
  });
});

import fc from 'fast-check';
import type { ClusterAccess } from '../../activities/cluster-access';
import { changesBetween, inverseChanges } from '../../activities/kubernetes/changes';
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import { executeStep } from '../../activities/kubernetes/step-execution';
import { proxyMetricsGateway } from '../../activities/prometheus/proxy-metrics-gateway';
import { secretDigest } from '../../activities/secret-digest';
import { defaultLabDir, labPaths } from '../../infra/lab';
import type { Json, JsonObject, Plan, PlannedStep } from '../../workflows/contracts';
import { practiceCluster } from '../../workers/config/clusters';
import { execute, planned } from '../activities/remedies/harness';
import { LabCluster } from '../support/lab-cluster';

// What is done and undone is, field by field, what it was: on the real API server, with its defaults and its own fields.
const NAMESPACE = 'monitoring';
const SEED = Number(process.env['NIGHTSHIFT_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const RUNS = 25;
const SERVICE = { apiVersion: 'v1', kind: 'Service', namespace: NAMESPACE, name: 'undo-service' };
const GONE = { ...SERVICE, name: 'undo-gone' };
const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: NAMESPACE, name: 'undo-set' };
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'undo-config' };

let lab: LabCluster;
let access: ClusterAccess;
/** What the desired state says now, by name. */
const wanted = new Map<string, KubernetesObject>();

beforeAll(async () => {
  process.stderr.write(`seed ${SEED}\n`);
  lab = await LabCluster.up(labPaths(`${defaultLabDir()}-least-privilege`), () => undefined);
  const kubernetes = lab.gateway();
  const { cluster } = practiceCluster();
  access = {
    config: { ...cluster, name: 'cluster-03', practice: false, acceptUnsigned: false, targets: { service: { ...SERVICE, ports: {} }, gone: { ...GONE, ports: {} } } },
    kubernetes,
    metrics: proxyMetricsGateway(kubernetes),
    desiredState: { find: ({ name }) => Promise.resolve(wanted.has(name) ? { manifest: structuredClone(wanted.get(name)!), source: 'the suite' } : undefined) },
    digest: secretDigest('suite'),
    clock: { now: () => new Date(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  };
}, 300_000);

afterAll(async () => {
  await lab?.down();
}, 600_000);

/** Everything that is the object's own; the server counts versions, and says who wrote last. */
function own(object: KubernetesObject | undefined): Json {
  const { metadata, status: _status, ...rest } = structuredClone(object!) as KubernetesObject & { status?: Json };
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...kept } = metadata as JsonObject;
  return { ...rest, metadata: kept };
}

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const labels = fc.dictionary(fc.oneof(word, word.map((text) => `example.com/${text}`)), word, { maxKeys: 4 });
const port = fc.integer({ min: 1, max: 60_000 });
const serviceSpec = fc.record({ app: word, extra: labels, ports: fc.uniqueArray(port, { minLength: 1, maxLength: 3 }), affinity: fc.constantFrom('None', 'ClientIP') });

function service({ name }: { name: string }, { app, extra, ports, affinity }: { app: string; extra: Record<string, string>; ports: number[]; affinity: string }, annotations: Record<string, string>): KubernetesObject {
  return {
    apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: NAMESPACE, labels: extra, annotations },
    spec: { selector: { app }, sessionAffinity: affinity, ports: ports.map((number) => ({ name: `p${number}`, port: number, protocol: 'TCP', targetPort: number })) },
  };
}

async function undo(plan: Plan): Promise<void> {
  for (const { id } of plan.inverse) await execute(access, plan, { step: id, direction: 'undo', targets: ['service', 'gone'] });
}

async function replaced(object: KubernetesObject): Promise<KubernetesObject> {
  const { kind, metadata: { name } } = object;
  await lab.kubectl(['-n', NAMESPACE, 'delete', kind, name, '--ignore-not-found', '--wait=true']);
  return access.kubernetes.create(object, { dryRun: false });
}

test('a Service that a remedy corrects is afterwards as it was', async () => {
  let changed = 0;
  await fc.assert(fc.asyncProperty(serviceSpec, serviceSpec, labels, labels, async (before, after, noted, notedAfter) => {
    const found = await replaced(service(SERVICE, before, noted));
    wanted.set(SERVICE.name, service(SERVICE, after, notedAfter));
    const plan = await planned(access, 'kubernetes.restoreObject', { target: 'service' }, ['service']).catch((error: Error) => {
      if (/unneeded/.test(error.message)) return undefined;
      throw error;
    });
    if (!plan) return;
    for (const { id } of plan.steps) await execute(access, plan, { step: id, targets: ['service', 'gone'] });
    const between = own(await access.kubernetes.read(SERVICE));
    expect(between).not.toEqual(own(found));
    changed += 1;
    await undo(plan);
    expect(own(await access.kubernetes.read(SERVICE))).toEqual(own(found));
  }), { numRuns: RUNS, seed: SEED });
  expect(changed).toBeGreaterThan(RUNS / 2);
}, 300_000);

test('a Service that a remedy made is gone afterwards, and nothing else is', async () => {
  wanted.set(GONE.name, service(GONE, { app: 'x', extra: {}, ports: [80], affinity: 'None' }, {}));
  const others = async () => (await access.kubernetes.list({ apiVersion: 'v1', kind: 'Service' }, NAMESPACE)).map(({ metadata }) => metadata.uid).sort();
  const before = await others();
  const plan = await planned(access, 'kubernetes.restoreObject', { target: 'gone' }, ['gone']);
  expect(plan.steps.map(({ action }) => action)).toEqual(['create']);
  for (const { id } of plan.steps) await execute(access, plan, { step: id, targets: ['service', 'gone'] });
  expect(await access.kubernetes.read(GONE)).toBeDefined();
  await undo(plan);
  expect(await access.kubernetes.read(GONE)).toBeUndefined();
  expect(await others()).toEqual(before);
}, 600_000);

const variables = fc.uniqueArray(fc.record({ name: word.map((text) => text.toUpperCase()), value: word }), { maxLength: 4, selector: ({ name }) => name });
const container = fc.record({ args: fc.array(word, { maxLength: 4 }), env: variables, memory: fc.integer({ min: 16, max: 900 }), grace: fc.integer({ min: 0, max: 60 }), annotations: labels });

function templateOf({ args, env, memory, grace, annotations }: { args: string[]; env: Array<{ name: string; value: string }>; memory: number; grace: number; annotations: Record<string, string> }): JsonObject {
  return {
    metadata: { labels: { app: 'undo' }, annotations },
    spec: { terminationGracePeriodSeconds: grace, containers: [{ name: 'shell', image: 'nightshift.lab/shell:1', command: ['sleep', '1'], args, env, resources: { limits: { memory: `${memory}Mi` } } }] },
  };
}

/** No pods: what is compared is the object. */
const statefulSet = (template: JsonObject): KubernetesObject => ({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: SET.name, namespace: NAMESPACE }, spec: { replicas: 0, serviceName: 'undo', selector: { matchLabels: { app: 'undo' } }, template } });

/** As every remedy that patches makes its step and the inverse of it. */
async function patchAndBack(object: typeof SET, path: string, live: KubernetesObject, to: Json): Promise<boolean> {
  const from = path.split('/').slice(1).reduce<Json | undefined>((value, key) => (value as JsonObject | undefined)?.[key], live);
  const changes = changesBetween(path, from, to);
  if (changes.length === 0) return false;
  const step = (id: string, what: typeof changes): PlannedStep => ({ id, action: 'patch', object: { ...object, uid: live.metadata.uid! }, changes: what, reason: { en: 'x', ko: 'x' } });
  expect((await executeStep({ access, dryRun: false }, step('do', changes))).result).toBe('patched');
  expect((await executeStep({ access, dryRun: false }, step('undo', inverseChanges(changes)))).result).toBe('patched');
  return true;
}

test('a workload’s template that was patched and patched back is what it was', async () => {
  let changed = 0;
  await fc.assert(fc.asyncProperty(container, container, async (before, after) => {
    const found = await replaced(statefulSet(templateOf(before)));
    // The whole template as the server completes it: a patch changes fields of it, and lists of other lengths.
    const complete = (await access.kubernetes.patch(SET, [{ op: 'replace', path: '/spec/template', value: templateOf(after) }], { dryRun: true }))['spec'] as JsonObject;
    if (await patchAndBack(SET, '/spec/template', found, complete['template']!)) changed += 1;
    expect(own(await access.kubernetes.read(SET))).toEqual(own(found));
  }), { numRuns: RUNS, seed: SEED });
  expect(changed).toBeGreaterThan(RUNS / 2);
}, 300_000);

test('a ConfigMap’s files that were patched and patched back are what they were', async () => {
  const files = fc.dictionary(word.map((text) => `${text}.yml`), fc.string({ unit: fc.constantFrom('a', ':', '\n', ' ', '"', '한', '~', '/', '\\') }), { minKeys: 1, maxKeys: 4 });
  await fc.assert(fc.asyncProperty(files, files, async (before, after) => {
    const found = await replaced({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG.name, namespace: NAMESPACE }, data: before });
    await patchAndBack(CONFIG, '/data', found, after);
    expect(own(await access.kubernetes.read(CONFIG))).toEqual(own(found));
  }), { numRuns: RUNS, seed: SEED });
}, 300_000);

test('one that somebody else has changed meanwhile is left to that person', async () => {
  const found = await replaced(statefulSet(templateOf({ args: ['a'], env: [], memory: 64, grace: 1, annotations: {} })));
  const object = { ...SET, uid: found.metadata.uid! };
  const changes = [{ path: '/spec/template/spec/terminationGracePeriodSeconds', old: 1, new: 2 }];
  const step = (what: typeof changes): PlannedStep => ({ id: 's', action: 'patch', object, changes: what, reason: { en: 'x', ko: 'x' } });
  await executeStep({ access, dryRun: false }, step(changes));
  await lab.kubectl(['-n', NAMESPACE, 'patch', 'statefulset', SET.name, '--type=merge', '-p', '{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":30}}}}']);
  await expect(executeStep({ access, dryRun: false }, step(inverseChanges(changes) as typeof changes))).rejects.toThrow(/no longer as it was planned for/);
  expect(((await access.kubernetes.read(SET))!['spec'] as { template: { spec: { terminationGracePeriodSeconds: number } } }).template.spec.terminationGracePeriodSeconds).toBe(30);
}, 600_000);

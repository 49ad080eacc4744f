import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defaultLabDir, labPaths } from '../../infra/lab';
import { binary } from '../../infra/lab/build';
import { captureInLab } from '../../infra/lab/namespaces';
import { LabCluster } from '../support/lab-cluster';

// What the lab promises of its node, seen on a node: volumes that fill, grow and outlive their pods, memory limits that
// kill, an object store that gets blocks. A lab of its own.
const NAMESPACE = 'monitoring';
let lab: LabCluster;

const kubectl = (...args: string[]): Promise<string> => lab.kubectl(['-n', NAMESPACE, ...args]);
const inside = (script: string): Promise<string> => captureInLab(['sh', '-c', script], lab.paths);

beforeAll(async () => {
  lab = await LabCluster.up(labPaths(`${defaultLabDir()}-node`), () => undefined);
}, 300_000);

afterAll(async () => {
  await lab.down();
}, 600_000);

/** A pod that does nothing but hold its claim. */
const claimant = (name: string, storage: string) => [
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: NAMESPACE }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } },
  {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'holder', image: 'nightshift.lab/shell:1', command: ['sleep', 'infinity'], volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
    },
  },
];

async function mountOf(claim: string): Promise<string> {
  return `${lab.paths.volumes}/${await kubectl('get', 'pvc', claim, '-o', 'jsonpath={.spec.volumeName}')}`;
}

describe('a claim’s volume', () => {
  const claim = 'holder';
  const [claimObject, podObject] = claimant(claim, '400Mi');

  beforeAll(async () => {
    await lab.apply([claimObject!, podObject!]);
    await kubectl('wait', '--for=condition=Ready', `pod/${claim}`, '--timeout=60s');
  }, 600_000);

  it('is full when it is full, and has room again when the claim asks for more', async () => {
    const mount = await mountOf(claim);
    await expect(inside(`head -c 450M /dev/zero > ${mount}/filler`)).rejects.toThrow('No space left on device');
    await kubectl('patch', 'pvc', claim, '-p', JSON.stringify({ spec: { resources: { requests: { storage: '600Mi' } } } }));
    await kubectl('wait', `pvc/${claim}`, '--for=jsonpath={.status.capacity.storage}=600Mi', '--timeout=30s');
    await inside(`head -c 100M /dev/zero >> ${mount}/filler`);
  }, 600_000);

  it('outlives its pod, and ends with its claim, which waits for the pod', async () => {
    const mount = await mountOf(claim);
    await inside(`echo kept > ${mount}/note`);
    await kubectl('delete', 'pod', claim);
    await lab.apply([podObject!]);
    await kubectl('wait', '--for=condition=Ready', `pod/${claim}`, '--timeout=60s');
    expect(await inside(`cat ${mount}/note`)).toBe('kept\n');

    await kubectl('delete', 'pvc', claim, '--wait=false');
    expect(await kubectl('get', 'pvc', claim, '-o', 'jsonpath={.metadata.deletionTimestamp}')).not.toBe('');
    expect(await inside(`cat ${mount}/note`)).toBe('kept\n');
    await kubectl('delete', 'pod', claim);
    await kubectl('wait', '--for=delete', `pvc/${claim}`, '--timeout=30s');
    await lab.until('the volume to be removed', async () => !(await inside(`ls ${lab.paths.volumes}`)).includes(mount.split('/').at(-1)!));
  }, 600_000);
});

describe('a memory limit', () => {
  const pod = (name: string, script: string) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'eater', image: 'nightshift.lab/shell:1', command: ['sh', '-ec', script], resources: { requests: { memory: '32Mi' }, limits: { memory: '64Mi' } } }],
    },
  });
  /** Doubles a string until it has no more memory. */
  const EAT = `exec perl -e '$x = "x"; $x .= $x while 1'`;
  const status = (name: string, field: string) => kubectl('get', 'pod', name, '-o', `jsonpath={.status.containerStatuses[0].${field}}`);

  afterAll(() => kubectl('delete', 'pod', 'hungry', 'growing', '--ignore-not-found'));

  it('kills, and is named as the reason', async () => {
    await lab.apply([pod('hungry', EAT)]);
    await lab.until('the container to be restarted', async () => Number(await status('hungry', 'restartCount')) >= 2);
    await lab.until('its end to be told', async () => (await status('hungry', 'lastState.terminated.reason')) === 'OOMKilled');
    expect(await status('hungry', 'lastState.terminated.exitCode')).toBe('137');
  }, 600_000);

  it('can be raised while the container runs', async () => {
    await lab.apply([pod('growing', 'exec sleep infinity')]);
    await kubectl('wait', '--for=condition=Ready', 'pod/growing', '--timeout=60s');
    const id = await status('growing', 'containerID');
    await kubectl('patch', 'pod', 'growing', '--subresource', 'resize', '-p', JSON.stringify({ spec: { containers: [{ name: 'eater', resources: { limits: { memory: '96Mi' } } }] } }));
    await lab.until('the new limit to be reported', async () => (await status('growing', 'resources.limits.memory')) === '96Mi');
    expect(await inside(`cat /sys/fs/cgroup/memory/${lab.paths.controlGroup}/*.eater.0/memory.limit_in_bytes /sys/fs/cgroup/${lab.paths.controlGroup}/*.eater.0/memory.max 2> /dev/null || true`)).toContain(String(96 * 2 ** 20));
    expect([await status('growing', 'containerID'), await status('growing', 'restartCount')]).toEqual([id, '0']);
  }, 600_000);
});

describe('the receivers', () => {
  it('upload what they have, at the latest when they are stopped', async () => {
    await kubectl('delete', 'pod', 'thanos-receive-2');
    const config = Buffer.from(await kubectl('get', 'secret', 'thanos-objstore-secret', '-o', String.raw`jsonpath={.data.objstore\.yml}`), 'base64').toString();
    const inBucket = () => captureInLab([binary('thanos'), 'tools', 'bucket', 'ls', `--objstore.config=${config}`], lab.paths);
    await lab.until('a block to be in the bucket', async () => /^[0-9A-Z]{26}$/m.test(await inBucket()));
    await kubectl('wait', '--for=condition=Ready', 'pod/thanos-receive-2', '--timeout=60s');
  }, 150_000);

  it('follow their hashring’s ConfigMap while they run', async () => {
    const metric = (name: string) => kubectl('get', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/thanos-receive-0:10902/proxy/metrics`).then((text) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]));
    const before = await metric('thanos_receive_hashrings_file_errors_total');
    await kubectl('patch', 'configmap', 'thanos-receive-hashring', '--type=merge', '-p', JSON.stringify({ data: { 'hashring.json': '[{ "hashring":' } }));
    await lab.until('the receiver to refuse it', async () => (await metric('thanos_receive_hashrings_file_errors_total')) > before);
    expect(await kubectl('get', 'pod', 'thanos-receive-0', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')).toBe('True');
    await kubectl('apply', '-f', `${lab.paths.manifests}/thanos-receive.yaml`);
  }, 600_000);
});

test('a lab that is down leaves no mount, no loop device and no control group', async () => {
  const { volumes, controlGroup } = lab.paths;
  await lab.down();
  expect(execFileSync('losetup', ['--all'], { encoding: 'utf8' })).not.toContain(volumes);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(lab.paths.dir);
  expect(['memory', 'cpuacct', '.'].filter((hierarchy) => existsSync(path.join('/sys/fs/cgroup', hierarchy, controlGroup)))).toEqual([]);
}, 600_000);

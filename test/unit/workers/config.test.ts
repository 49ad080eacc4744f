import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { ConfigError, findCluster, loadConfig } from '../../../workers/config';
import { practiceCluster } from '../../../workers/config/clusters';
import { configSchema } from '../../../workers/config/schema';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (yaml: string) => {
  const file = path.join(folder, 'nightshift.yaml');
  writeFileSync(file, yaml);
  return file;
};
const load = (yaml: string, env: NodeJS.ProcessEnv = {}) => loadConfig({ config: written(yaml), dataDir: folder }, env);
const faultOf = (yaml: string, env: NodeJS.ProcessEnv = {}): string => {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(path.join(folder, 'nightshift.yaml'), 'nightshift.yaml');
    throw error;
  }
  return 'no fault';
};

const CLUSTER = 'clusters:\n  - name: cluster-03\n    kubeconfig: kubeconfig\n';

describe('what is wrong is named with file, line, field and remedy', () => {
  test.each([
    ['an unknown key', 'locale: en\nlocal: ko\n', 'nightshift.yaml:2: local: there is no such option; see nightshift.example.yaml for those that are'],
    ['an unknown key inside', `${CLUSTER}    modus: act\n`, 'nightshift.yaml:4: clusters[0].modus: there is no such option; see nightshift.example.yaml for those that are'],
    ['a wrong choice', 'locale: fr\n', 'nightshift.yaml:1: locale: expected one of "en"|"ko"'],
    ['a missing name', 'clusters:\n  - kubeconfig: x\n', 'nightshift.yaml:2: clusters[0].name: expected string, received undefined'],
    ['a duration without a unit', `${CLUSTER}    durations: { probeTimeout: "10" }\n`, 'nightshift.yaml:4: clusters[0].durations.probeTimeout: expected a duration such as 30s, 10m or 4h'],
    ['a policy that there is not', `${CLUSTER}    policy: { safe: yes please }\n`, 'nightshift.yaml:4: clusters[0].policy.safe: expected automatic, never, observe-only, or { approvers: 1 }'],
    ['a secret in the file', 'users:\n  - name: kim\n    roles: [approver]\n    token: hunter2\n', 'nightshift.yaml:4: users[0].token: expected { file: <path> } or { env: <variable> }: secrets do not belong in this file'],
    ['a port that is none', 'http:\n  port: 99999\n', 'nightshift.yaml:2: http.port: Too big: expected number to be <=65535'],
    ['a name with a slash', 'clusters:\n  - name: a/b\n', 'nightshift.yaml:2: clusters[0].name: expected letters, digits, dots, dashes and underscores, at most 63'],
    ['a role of one\'s own without a kind', `${CLUSTER}    targets: { mimir: { name: mimir } }\n`, 'nightshift.yaml: clusters[0].targets.mimir needs apiVersion, kind: Nightshift has no defaults for this role.'],
    ['a name used twice', `${CLUSTER}  - name: other\n    aliases: [cluster-03]\n`, 'nightshift.yaml: clusters: the name cluster-03 is used twice; names and aliases must differ.'],
    ['a default cluster that there is not', `defaultCluster: x\n${CLUSTER}`, 'nightshift.yaml: defaultCluster: x is not one of the clusters.'],
    ['an environment variable that is not set', 'users:\n  - { name: kim, roles: [approver], token: { env: KIM } }\n', 'users: kim: the environment variable KIM is not set.'],
    ['a pager without an address', 'notify: { webhooks: [{ name: pager }] }\n', 'notify.webhooks: pager needs url, or urlFrom where the address is a secret.'],
    ['a maintenance without a time', `${CLUSTER}    watchdog: { maintenance: [{ reason: upgrades }] }\n`, 'nightshift.yaml:4: clusters[0].watchdog.maintenance[0]: say when: window (hours that come again) or period (a stretch of the calendar)'],
    ['a silence that is no time at all', `${CLUSTER}    watchdog: { tolerate: 10ms }\n`, 'nightshift.yaml:4: clusters[0].watchdog.tolerate: expected one second at least'],
    ['two places for records', 'records: { directory: x, s3: { bucket: records } }\n', 'nightshift.yaml:1: records: expected either directory or s3: records are in one place'],
    ['half of a bucket\'s key', 'records: { s3: { bucket: records, accessKeyFrom: { env: KEY } } }\n', 'nightshift.yaml:1: records: expected accessKeyFrom and secretKeyFrom together, or neither'],
    ['a prefix that is no folder', 'records: { s3: { bucket: records, prefix: nightshift } }\n', 'nightshift.yaml:1: records.s3.prefix: expected nothing, or a prefix that ends with a slash'],
    ['a time zone that there is not', 'timeZone: Asia/Soul\n', 'nightshift.yaml:1: timeZone: expected an IANA time zone such as Asia/Seoul or UTC'],
    ['something that is not YAML', 'locale: [en\n', 'nightshift.yaml:2: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ])('%s', (_, yaml, fault) => {
    expect(faultOf(yaml)).toBe(fault);
  });

  test('every fault at once, one line each', () => {
    expect(faultOf('locale: fr\nhttp: { prot: 1 }\n').split('\n')).toHaveLength(2);
  });

  test('a file that is not there', () => {
    expect(() => loadConfig({ config: path.join(folder, 'none.yaml') }, {})).toThrow('cannot be read (ENOENT): correct --config or NIGHTSHIFT_CONFIG');
  });
});

describe('with nothing configured', () => {
  const config = loadConfig({ dataDir: folder }, {});

  test('there is the practice cluster, which acts and answers for the handbook\'s', () => {
    expect(config.clusters.map(({ cluster }) => [cluster.name, cluster.practice, cluster.mode])).toEqual([['practice', true, 'act']]);
    expect(findCluster(config, 'cluster-03')?.cluster.name).toBe('practice');
    expect(findCluster(config, 'cluster-04')).toBeUndefined();
  });

  test('it listens on this machine only, and runs Temporal itself', () => {
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8088, publicUrl: 'http://127.0.0.1:8088' });
    expect(config.temporal).toEqual({ namespace: 'default', embedded: true, encryption: [] });
  });
});

describe('a real cluster', () => {
  test('is observed until policy says otherwise, whatever its policy table says', () => {
    const [entry] = load(`${CLUSTER}    policy: { disruptive: automatic }\n`).clusters;
    expect(entry?.cluster).toMatchObject({ mode: 'observe', acceptUnsigned: false, policy: { safe: { kind: 'observe-only' }, disruptive: { kind: 'observe-only' } } });
  });

  test('that acts has the default policy, with what the file changes', () => {
    const [entry] = load(`${CLUSTER}    mode: act\n    policy: { safe: { approvers: 1 } }\n`).clusters;
    expect(entry?.cluster.policy).toEqual({
      safe: { kind: 'approval', approvers: 1, roles: ['approver', 'admin'] },
      disruptive: { kind: 'approval', approvers: 1, roles: ['approver', 'admin'] },
      destructive: { kind: 'approval', approvers: 2, roles: ['approver', 'admin'] },
    });
  });

  test('has the handbook\'s objects, with what the file changes; null takes one away', () => {
    const [entry] = load(`${CLUSTER}    namespace: metrics\n    targets: { receiver: { name: my-receive }, grafana: null }\n`).clusters;
    expect(entry?.cluster.targets['receiver']).toEqual({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'metrics', name: 'my-receive', ports: { http: 10902, metrics: 10902, grpc: 10901, write: 19291 } });
    expect(entry?.cluster.targets).not.toHaveProperty('grafana');
    expect(entry?.cluster.killSwitch).toEqual({ namespace: 'metrics', name: 'nightshift-automation' });
    expect(entry?.connection).toEqual({ kind: 'kubeconfig', file: path.join(folder, 'kubeconfig') });
  });

  test('comes from --kubeconfig, too, and has no practice cluster beside it', () => {
    const config = loadConfig({ dataDir: folder, kubeconfig: '/tmp/kubeconfig', context: 'prod' }, {});
    expect(config.clusters.map(({ cluster, connection }) => [cluster.name, cluster.mode, connection])).toEqual([['cluster', 'observe', { kind: 'kubeconfig', file: '/tmp/kubeconfig', context: 'prod' }]]);
  });
});

describe('the environment is stronger than the file, the command line stronger than both', () => {
  test('port, host, Temporal', () => {
    const env = { NIGHTSHIFT_PORT: '9001', NIGHTSHIFT_HOST: '10.0.0.1', TEMPORAL_ADDRESS: 't:7233', TEMPORAL_NAMESPACE: 'ops' };
    const config = load('http: { port: 9000 }\ntemporal: { address: other:7233, namespace: file }\n', env);
    expect(config.http).toMatchObject({ host: '10.0.0.1', port: 9001 });
    expect(config.temporal).toEqual({ address: 't:7233', namespace: 'ops', embedded: false, encryption: [] });
    expect(loadConfig({ dataDir: folder, port: 9002 }, env).http.port).toBe(9002);
  });

  test('a port that is no number is refused', () => {
    expect(() => loadConfig({ dataDir: folder }, { NIGHTSHIFT_PORT: '80x' })).toThrow('NIGHTSHIFT_PORT is "80x"');
  });

  test('secrets come from files and variables', () => {
    writeFileSync(path.join(folder, 'token'), 'from-file\n');
    const config = load('users:\n  - { name: kim, roles: [approver], token: { file: token } }\nnotify: { webhooks: [{ name: pager, urlFrom: { env: PAGER } }] }\n', { PAGER: 'https://pager.example/x' });
    expect(config.users).toEqual([{ name: 'kim', roles: ['approver'], token: 'from-file' }]);
    expect(config.pagers).toEqual([{ name: 'pager', url: 'https://pager.example/x' }]);
  });
});

test('the practice cluster leaves the name of a real cluster to that cluster', () => {
  expect(practiceCluster().aliases).toEqual(['cluster-03']);
  expect(practiceCluster(['cluster-03']).aliases).toEqual([]);
});

describe('nightshift.example.yaml', () => {
  const example = readFileSync(path.resolve(__dirname, '../../../nightshift.example.yaml'), 'utf8');

  test('is a valid configuration', () => {
    expect(configSchema.safeParse(parse(example)).error?.issues).toBeUndefined();
  });

  test.each(Object.keys(configSchema.shape))('explains %s', (option) => {
    expect(example).toMatch(new RegExp(`^(# )?${option}:`, 'm'));
  });

  test.each(Object.keys(configSchema.shape.clusters.unwrap().element.shape))('explains clusters: %s', (option) => {
    expect(example).toMatch(new RegExp(`^ {2}[- ] (# )?${option}:`, 'm'));
  });
});

test('records in a bucket: another store than Amazon’s is spoken to by paths; keys come from elsewhere', () => {
  const yaml = 'timeZone: Asia/Seoul\nrecords:\n  keepFor: 400d\n  s3: { bucket: records, endpoint: "http://127.0.0.1:8333", accessKeyFrom: { env: ID }, secretKeyFrom: { env: KEY } }\n';
  expect(load(yaml, { ID: 'a', KEY: 'b' })).toMatchObject({
    timeZone: 'Asia/Seoul',
    keepRecordsFor: 400 * 86_400_000,
    recordsBucket: { bucket: 'records', prefix: 'nightshift/', region: 'us-east-1', pathStyle: true, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
  });
  expect(load('records: { s3: { bucket: records } }\n').recordsBucket).toEqual({ bucket: 'records', prefix: 'nightshift/', region: 'us-east-1', pathStyle: false });
  expect(load('').recordsBucket).toBeUndefined();
});

describe('git: where permanent fixes go', () => {
  const load = (git: string) => {
    const folder = temporaryFolder('git-config');
    writeFileSync(path.join(folder, 'token'), 'ghp_abc\n');
    const file = path.join(folder, 'nightshift.yaml');
    writeFileSync(file, `clusters:\n  - name: cluster-03\n    git: ${git}\n`);
    return loadConfig({ config: file, dataDir: folder }, {});
  };

  it('owner and name come from the address; the token from its file', () => {
    const [entry] = load('{ repository: "https://ghe.example.com/acme/gitops.git", directory: clusters/cluster-03/, provider: github, token: { file: token }, github: { apiUrl: "https://ghe.example.com/api/v3/" } }').clusters;
    expect(entry?.cluster.git).toBe(true);
    expect(entry?.git).toMatchObject({ branch: 'main', directory: 'clusters/cluster-03', credentials: { username: 'x-access-token', token: 'ghp_abc' }, github: { owner: 'acme', repo: 'gitops', apiUrl: 'https://ghe.example.com/api/v3' } });
    expect(JSON.stringify(entry?.cluster)).not.toContain('ghp_abc');
  });

  it.each([
    ['{ repository: "https://user:secret@example.com/x.git" }', 'no user or token in the address'],
    ['{ repository: "ext::sh -c x" }', 'expected an address such as'],
    ['{ repository: "file:///srv/x.git", directory: ../elsewhere }', 'inside the repository'],
    ['{ repository: "https://github.com/acme/x.git", provider: github }', 'pull requests need a token'],
  ])('%s is refused', (git, message) => {
    expect(() => load(git)).toThrow(message);
  });
});

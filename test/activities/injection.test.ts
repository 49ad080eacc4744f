/** Text that strangers choose (labels, annotations, names), at the places where Nightshift asks others with it. */
import type { AlertmanagerGateway } from '../../activities/alertmanager/gateway';
import type { QueryGateway } from '../../activities/prometheus/gateway';
import { RestGateway, type ApiConnection, type Call } from '../../activities/kubernetes/rest-gateway';
import { failureTypeOf } from '../../workflows/contracts';
import { accessWith } from '../support/pipeline-objects';
import { ask } from './probes/ask';

const HOSTILE = ['a"} or up{x="', 'a\\', 'a\\"} or vector(1) #', 'x"\n} or up', "' or 1=1", '{{.Values}}', '..', '../../secrets', 'a/b', 'a?b=c', 'a#b', 'a%2F..'];

/** A PromQL or matcher string in double quotes: ended only by a quote that no backslash escapes. */
const STRING = String.raw`"(?:[^"\\\n]|\\.)*"`;

test.each(HOSTILE)('PromQL: the cluster %j stays inside its string', async (name) => {
  const asked: string[] = [];
  const query: QueryGateway = { query: (promql) => { asked.push(promql); return Promise.resolve({ samples: [], warnings: [] }); }, queryRange: () => Promise.resolve({ series: [], warnings: [] }) };
  const access = accessWith({ name });
  await ask({ ...access, query }, 'thanos.query', {}, { cluster: name });
  expect(asked).toHaveLength(3);
  for (const promql of asked) expect(promql).toMatch(new RegExp(`^[a-z() -]*up\\{cluster=${STRING}\\}[ )=1]*$`));
});

test.each(HOSTILE)('Alertmanager: the cluster %j stays inside its matcher', async (name) => {
  const asked: string[][] = [];
  const alertmanager: AlertmanagerGateway = { activeAlerts: (filter) => { asked.push(filter); return Promise.resolve([]); } };
  const access = accessWith({ name });
  await ask({ ...access, alertmanager }, 'alertmanager.alerts', { alertnames: ['RemoteWriteLagging'] }, { cluster: name });
  expect(asked[0]?.[1]).toMatch(new RegExp(`^cluster=${STRING}$`));
});

test.each(['a.*"', '.*|b', 'a b', 'a"} or up{'])('an alert name %j in a runbook is no regular expression', async (alertname) => {
  await expect(ask(accessWith(), 'alertmanager.alerts', { alertnames: [alertname] })).rejects.toThrow(/alertnames/);
});

test.each(['cluster="x"} or up{a', '1st', 'a-b', ''])('a label name %j in a runbook is refused', async (label) => {
  await expect(ask(accessWith(), 'thanos.query', { label })).rejects.toThrow(/label/);
});

describe('the Kubernetes API is asked for exactly the object that is named', () => {
  const calls: Call[] = [];
  const connection: ApiConnection = {
    system: 'test',
    pathOf: () => Promise.resolve('/x'),
    send: (call) => { calls.push(call); return Promise.resolve({ status: 200, headers: {}, text: '{"items":[]}' }); },
    secrets: () => [],
  };
  const gateway = new RestGateway(connection);
  beforeEach(() => calls.splice(0));

  test.each(HOSTILE)('a pod called %j is one path segment, or refused', async (name) => {
    const asked = [
      () => gateway.logs({ namespace: 'monitoring', pod: name }),
      () => gateway.proxyGet({ namespace: 'monitoring', resource: 'pods', name, port: 9090, path: '/metrics' }),
      () => gateway.evict({ apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name, uid: 'u' }, { dryRun: true }),
    ];
    for (const ask of asked) await ask().catch((error: unknown) => expect(failureTypeOf(error)).toBe('InvalidInput'));
    for (const { path } of calls) {
      expect(path).toMatch(/^\/api\/v1\/namespaces\/monitoring\/pods\/[^/?#]+\/(log|proxy\/metrics|eviction)$/);
      expect(new URL(path, 'http://x').pathname).toMatch(/^\/api\/v1\/namespaces\/monitoring\/pods\//);
    }
  });

  test.each(['app,app in (a,b)', 'a=b,c', '!x'])('a label selector with the value %j asks for that value or for nothing', async (value) => {
    await expect(gateway.list({ apiVersion: 'v1', kind: 'Pod' }, 'monitoring', { app: value })).rejects.toThrow(/label/);
    expect(calls).toEqual([]);
  });
});

import * as packet from 'dns-packet';
import type { EndpointSlice, Service } from '../../../infra/lab/api/types';
import { answerTo } from '../../../infra/lab/net/dns-server';
import { resolveName } from '../../../infra/lab/net/names';
import { resolveOutsideName } from '../../../infra/lab/net/outside-names';
import { routes } from '../../../infra/lab/net/routing';

const service = (name: string, clusterIP: string): Service => ({
  metadata: { name, namespace: 'monitoring', uid: name },
  spec: { clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }, { name: 'dns', port: 53, protocol: 'UDP' }] },
});

const slice = (serviceName: string, endpoints: NonNullable<EndpointSlice['endpoints']>): EndpointSlice => ({
  metadata: { name: `${serviceName}-1`, namespace: 'monitoring', uid: `${serviceName}-1`, labels: { 'kubernetes.io/service-name': serviceName } },
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints,
});

const services = [service('lb', '10.96.0.7'), service('headless', 'None'), service('empty', '10.96.0.8')];
const slices = [
  slice('lb', [
    { addresses: ['10.244.0.2'], conditions: { ready: true } },
    { addresses: ['10.244.0.1'], conditions: {} },
    { addresses: ['10.244.0.3'], conditions: { ready: false } },
  ]),
  slice('headless', [
    { addresses: ['10.244.0.1'], hostname: 'pod-0', conditions: { ready: true } },
    { addresses: ['10.244.0.3'], hostname: 'pod-2', conditions: { ready: false } },
  ]),
];

describe('routes', () => {
  it('lead from cluster addresses to ready endpoints; a missing condition means ready', () => {
    expect(routes(services, slices)).toEqual([
      { listen: '10.96.0.7:80', targets: ['10.244.0.1:8080', '10.244.0.2:8080'] },
      { listen: '10.96.0.8:80', targets: [] },
    ]);
  });

  it('do not mix up Services of the same name in two namespaces', () => {
    const other = { ...service('lb', '10.96.0.9'), metadata: { name: 'lb', namespace: 'other', uid: 'x' } };
    expect(routes([other], slices)).toEqual([{ listen: '10.96.0.9:80', targets: [] }]);
  });

  it('lead from the address of a load balancer as well', () => {
    const balanced: Service = { ...service('empty', '10.96.0.8'), status: { loadBalancer: { ingress: [{ ip: '10.96.255.3' }] } } };
    expect(routes([balanced], slices).map(({ listen }) => listen)).toEqual(['10.96.0.8:80', '10.96.255.3:80']);
  });
});

describe('names', () => {
  const resolve = (name: string) => resolveName(name, services, slices);
  it.each([
    ['lb.monitoring.svc.cluster.local', ['10.96.0.7']],
    ['LB.monitoring.svc.cluster.local.', ['10.96.0.7']],
    ['headless.monitoring.svc.cluster.local', ['10.244.0.1']],
    ['pod-0.headless.monitoring.svc.cluster.local', ['10.244.0.1']],
    ['empty.monitoring.svc.cluster.local', ['10.96.0.8']],
  ])('%s', (name, addresses) => expect(resolve(name)).toEqual({ kind: 'addresses', addresses }));

  it.each(['gone.monitoring.svc.cluster.local', 'pod-2.headless.monitoring.svc.cluster.local', 'lb.monitoring.svc.cluster.local.monitoring.svc.cluster.local', 'example.org'])('%s does not exist', (name) => {
    expect(resolve(name)).toEqual({ kind: 'unknown' });
  });

  it('has SRV records for named ports', () => {
    expect(resolve('_http._tcp.headless.monitoring.svc.cluster.local')).toEqual({ kind: 'services', records: [{ port: 8080, target: 'pod-0.headless.monitoring.svc.cluster.local' }] });
    expect(resolve('_http._tcp.lb.monitoring.svc.cluster.local')).toEqual({ kind: 'services', records: [{ port: 80, target: 'lb.monitoring.svc.cluster.local' }] });
  });
});

describe('names outside of the cluster', () => {
  const names = { metadata: { name: 'outside-names', uid: 'u' }, data: { hosts: '# by hand\n10.96.255.3 *.example.lab other.lab\n' } };
  it.each([
    ['grafana.example.lab', ['10.96.255.3']],
    ['Other.lab.', ['10.96.255.3']],
  ])('%s', (name, addresses) => expect(resolveOutsideName(name, names)).toEqual({ kind: 'addresses', addresses }));
  it.each(['example.lab', 'grafana.elsewhere.lab', 'by'])('%s does not exist', (name) => expect(resolveOutsideName(name, names)).toEqual({ kind: 'unknown' }));
  it('are none where nobody wrote them down', () => expect(resolveOutsideName('grafana.example.lab', undefined)).toEqual({ kind: 'unknown' }));
});

describe('DNS answers', () => {
  const ask = (name: string, type: 'A' | 'AAAA'): packet.DecodedPacket => {
    const question = packet.encode({ type: 'query', id: 7, questions: [{ type, name }] });
    const answer = answerTo(question, (wanted) => resolveName(wanted, services, slices));
    return packet.decode(packet.encode(answer ?? {}));
  };

  it('gives addresses', () => expect(ask('lb.monitoring.svc.cluster.local', 'A').answers).toMatchObject([{ type: 'A', data: '10.96.0.7' }]));

  it('says NXDOMAIN for a Service that is gone, and only then', () => {
    expect(ask('gone.monitoring.svc.cluster.local', 'A')).toMatchObject({ id: 7, rcode: 'NXDOMAIN', answers: [] });
    expect(ask('lb.monitoring.svc.cluster.local', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('ignores what is no DNS', () => expect(answerTo(Buffer.from('x'), () => ({ kind: 'unknown' }))).toBeUndefined());
});

import { spawnSync } from 'node:child_process';
import { labSource } from '../../../infra/lab/paths';

const PYTHON = 'python3';
const describeWithPython = spawnSync(PYTHON, ['--version']).status === 0 ? describe : describe.skip;

/** Gives the controller's own code objects as the API server would, and asks it for targets. */
const SCRIPT = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import ingress_controller as controller
class Api:
    def __init__(self, lists): self.lists, self.patched = lists, []
    def call(self, path, patch=None):
        if patch is not None: self.patched.append(path); return {}
        return {'items': self.lists[path.rsplit('/', 1)[1]]}
given = json.load(sys.stdin)
api = Api(given['lists'])
table = controller.Table(api)
table.refresh()
print(json.dumps({'found': [table.find(host, path) for host, path in given['asked']], 'patched': api.patched}))
`;

const metadata = (name: string) => ({ namespace: 'monitoring', name });
const path = (prefix: string, pathType: string, service: string) => ({ path: prefix, pathType, backend: { service: { name: service, port: { number: 80 } } } });
const ingress = (name: string, ingressClassName: string, host: string, paths: object[]) => ({ metadata: metadata(name), spec: { ingressClassName, rules: [{ host, http: { paths } }] } });
const service = (name: string) => ({ metadata: metadata(name), spec: { ports: [{ name: 'http', port: 80 }] } });
const slice = (name: string, ready: boolean) => ({ metadata: { ...metadata(`${name}-x`), labels: { 'kubernetes.io/service-name': name } }, ports: [{ name: 'http', port: 3000 }], endpoints: [{ addresses: ['10.244.0.5'], conditions: { ready } }] });

const lists = {
  ingressclasses: [{ metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } }, { metadata: { name: 'other' }, spec: { controller: 'example.org/other' } }],
  services: [service('grafana'), service('unready')],
  endpointslices: [slice('grafana', true), slice('unready', false)],
  ingresses: [
    ingress('a', 'nginx', 'grafana.lab', [path('/', 'Prefix', 'grafana'), path('/off', 'Prefix', 'unready'), path('/exact', 'Exact', 'gone')]),
    ingress('b', 'other', 'elsewhere.lab', [path('/', 'Prefix', 'grafana')]),
  ],
};

describeWithPython('the ingress controller', () => {
  const ask = (asked: Array<[string, string]>): { found: Array<Array<[string, number]> | null>; patched: string[] } => {
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', SCRIPT, labSource('programs')], { input: JSON.stringify({ lists, asked }), encoding: 'utf8', env: { ...process.env, LOAD_BALANCER_IP: '10.96.255.3' } });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout.split('\n').at(-2) ?? '') as ReturnType<typeof ask>;
  };

  it('has targets where a Service has ready endpoints, none where it has not, and no rule for other hosts and classes', () => {
    const { found, patched } = ask([['grafana.lab', '/login'], ['grafana.lab', '/off/x'], ['grafana.lab', '/offside'], ['grafana.lab', '/exact'], ['elsewhere.lab', '/'], ['nowhere.lab', '/']]);
    expect(found).toEqual([[['10.244.0.5', 3000]], [], [['10.244.0.5', 3000]], [], null, null]);
    expect(patched).toEqual(['/apis/networking.k8s.io/v1/namespaces/monitoring/ingresses/a/status']);
  });
});

/** What is asked of the API server, and tried with its dry run, in the name of Nightshift's accounts. */
import type { KubernetesGateway } from '../../activities/kubernetes/gateway';
import { MUTATE_ACCOUNT } from '../../infra/kubernetes/rbac';

const NAMESPACE = 'monitoring';

export const WRITING = ['create', 'update', 'patch', 'delete', 'deletecollection'];
export const RESOURCES = [
  ...['pods', 'services', 'configmaps', 'secrets', 'serviceaccounts', 'persistentvolumeclaims', 'events', 'endpoints', 'resourcequotas', 'replicationcontrollers'].map((resource) => ['', resource, '']),
  ...['eviction', 'binding', 'exec', 'attach', 'portforward', 'ephemeralcontainers', 'status', 'proxy'].map((subresource) => ['', 'pods', subresource]),
  ['', 'services', 'proxy'], ['', 'serviceaccounts', 'token'], ['', 'namespaces', ''], ['', 'nodes', ''], ['', 'persistentvolumes', ''],
  ...['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'controllerrevisions'].map((resource) => ['apps', resource, '']), ['apps', 'statefulsets', 'scale'],
  ['batch', 'jobs', ''], ['batch', 'cronjobs', ''], ['autoscaling', 'horizontalpodautoscalers', ''], ['coordination.k8s.io', 'leases', ''], ['discovery.k8s.io', 'endpointslices', ''],
  ['policy', 'poddisruptionbudgets', ''], ['networking.k8s.io', 'ingresses', ''], ['networking.k8s.io', 'networkpolicies', ''], ['monitoring.coreos.com', 'servicemonitors', ''], ['monitoring.coreos.com', 'podmonitors', ''],
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((resource) => ['rbac.authorization.k8s.io', resource, '']),
  ['admissionregistration.k8s.io', 'validatingwebhookconfigurations', ''], ['apiextensions.k8s.io', 'customresourcedefinitions', ''],
] as Array<[group: string, resource: string, subresource: string]>;

const POD = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: 'thanos-receive-0' };
const tried = { dryRun: true };
const make = (apiVersion: string, kind: string, rest: object = {}, namespace = NAMESPACE) => (gateway: KubernetesGateway) => gateway.create({ apiVersion, kind, metadata: { name: 'lp-made', namespace }, ...rest }, tried);
const edit = (apiVersion: string, kind: string, name: string, namespace = NAMESPACE) => (gateway: KubernetesGateway) => gateway.patch({ apiVersion, kind, namespace, name }, [{ op: 'add', path: '/metadata/labels', value: { lp: 'x' } }], tried);
const drop = (apiVersion: string, kind: string, name: string, namespace = NAMESPACE) => (gateway: KubernetesGateway) => gateway.remove({ apiVersion, kind, namespace, name }, tried);
const role = { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
const binding = { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: MUTATE_ACCOUNT, namespace: NAMESPACE }] };

type Attempt = (gateway: KubernetesGateway) => Promise<unknown>;

/** By nobody's permission. */
export const IMPOSSIBLE: Record<string, Attempt> = {
  'write the kill switch': edit('v1', 'ConfigMap', 'nightshift-automation'),
  'delete the kill switch': drop('v1', 'ConfigMap', 'nightshift-automation'),
  'make a ConfigMap': make('v1', 'ConfigMap', { data: {} }),
  'read a Secret': (gateway) => gateway.read({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'alertmanager-webhook' }),
  'change a Secret': edit('v1', 'Secret', 'alertmanager-webhook'),
  'make a Role': make('rbac.authorization.k8s.io/v1', 'Role', role),
  'change its own Role': edit('rbac.authorization.k8s.io/v1', 'Role', MUTATE_ACCOUNT),
  'bind itself to cluster-admin': make('rbac.authorization.k8s.io/v1', 'RoleBinding', binding),
  'make a pod': make('v1', 'Pod', { spec: { containers: [{ name: 'x', image: 'x' }] } }),
  'make a Service elsewhere': make('v1', 'Service', { spec: { ports: [{ port: 80 }] } }, 'nightshift'),
  'change a Service elsewhere': edit('v1', 'Service', 'nightshift', 'nightshift'),
  'change a Service that is no target': edit('v1', 'Service', 'thanos-query'),
  'change a ConfigMap that is none of the pipeline’s': edit('v1', 'ConfigMap', 'kube-root-ca.crt'),
  'delete a StatefulSet': drop('apps/v1', 'StatefulSet', 'thanos-receive'),
};

/** What remedies do. The reload is real: the agent reads the file that it has. */
export const MUTATING: Record<string, Attempt> = {
  'evict a pod': (gateway) => gateway.evict(POD, tried),
  'delete a pod': (gateway) => gateway.remove(POD, tried),
  'change a StatefulSet': edit('apps/v1', 'StatefulSet', 'thanos-receive'),
  'change the agent’s configuration': edit('v1', 'ConfigMap', 'prometheus-agent-config'),
  'change the hashring': edit('v1', 'ConfigMap', 'thanos-receive-hashring'),
  'change the receivers’ Service': edit('v1', 'Service', 'thanos-receive-lb'),
  'delete the receivers’ Service': drop('v1', 'Service', 'thanos-receive-lb'),
  'make a Secret': make('v1', 'Secret'),
  'make a Service': make('v1', 'Service', { spec: { ports: [{ port: 80 }] } }),
  'resize a pod': (gateway) => gateway.patch(POD, [{ op: 'replace', path: '/spec/containers/0/resources/limits/memory', value: '512Mi' }], tried),
  'have the agent reload': (gateway) => gateway.proxyPost({ namespace: NAMESPACE, resource: 'pods', name: 'prometheus-agent-0', port: 9090, path: '/-/reload' }),
};

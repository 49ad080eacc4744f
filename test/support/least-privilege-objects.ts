/** Objects that the suite adds to the lab, one for each state that a probe or remedy has to be shown in. */
import type { Target } from '../../activities/clusters';
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import type { JsonObject } from '../../workflows/contracts';

const NAMESPACE = 'monitoring';
const RUNS = 'nightshift.lab/shell:1';
/** No registry of the lab's has it: such a pod is never ready, not for a moment. */
const NEVER = 'nightshift.lab/none:1';

function at(kind: string, apiVersion: string, name: string, rest: JsonObject): KubernetesObject {
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, ...rest };
}

function template(app: string, image: string, container: JsonObject = {}) {
  return { metadata: { labels: { app } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'shell', image, command: ['sleep', '100000'], ...container }] } };
}

/** Never starts, and mounts the claim of its own name. */
function mounting(app: string) {
  const { metadata, spec } = template(app, NEVER);
  return { metadata, spec: { ...spec, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: app } }] } };
}

/** One pod after the other, so that a broken template gets no further than the first. */
function statefulSet(name: string, image: string, replicas = 1, container: JsonObject = {}): KubernetesObject {
  const spec = { replicas, serviceName: name, podManagementPolicy: 'OrderedReady', selector: { matchLabels: { app: name } }, template: template(name, image, container) };
  return at('StatefulSet', 'apps/v1', name, { spec });
}

const ports = [{ name: 'http', port: 80 }];
const selector = (app: string) => ({ matchLabels: { app } });
const rule = (port: number) => [{ host: 'lp.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'lp-web', port: { number: port } } } }] } }];

/** Objects as they should be; `lp-gone-*` are not there, the others differ. */
export const desiredObjects: readonly KubernetesObject[] = [
  at('Service', 'v1', 'lp-web', { spec: { selector: { app: 'lp-web' }, ports } }),
  at('Service', 'v1', 'lp-gone', { spec: { selector: { app: 'lp-web' }, ports } }),
  at('ConfigMap', 'v1', 'thanos-receive-hashring', { data: { 'hashring.json': '[{"endpoints":["lp-web.monitoring.svc:10901"]}]' } }),
  at('StatefulSet', 'apps/v1', 'lp-few', { spec: { replicas: 1 } }),
  at('Deployment', 'apps/v1', 'lp-empty', { spec: { replicas: 1 } }),
  at('ConfigMap', 'v1', 'lp-settings', { data: { 'grafana.ini': 'wanted' } }),
  at('Deployment', 'apps/v1', 'lp-deployment', { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } }),
  at('DaemonSet', 'apps/v1', 'lp-daemons', { spec: { minReadySeconds: 1, template: { spec: { terminationGracePeriodSeconds: 1 } } } }),
  at('Ingress', 'networking.k8s.io/v1', 'lp-web', { spec: { rules: rule(80) } }),
  at('Ingress', 'networking.k8s.io/v1', 'lp-gone', { spec: { rules: rule(80) } }),
  at('ServiceMonitor', 'monitoring.coreos.com/v1', 'lp-web', { spec: { selector: selector('lp-web') } }),
  at('ServiceMonitor', 'monitoring.coreos.com/v1', 'lp-gone', { spec: { selector: selector('lp-web') } }),
  at('PodMonitor', 'monitoring.coreos.com/v1', 'lp-web', { spec: { selector: selector('lp-web') } }),
  at('PodMonitor', 'monitoring.coreos.com/v1', 'lp-gone', { spec: { selector: selector('lp-web') } }),
];

function definition(kind: string, version = 'v1', plural = `${kind.toLowerCase()}s`) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: { group: 'monitoring.coreos.com', scope: 'Namespaced', names: { kind, plural }, versions: [{ name: version, served: true, storage: true, schema }] },
  };
}

/** The lab has no metrics-server; a kind of its name is enough to show who may list it. */
function podMetrics() {
  const made = definition('PodMetrics');
  const [group, plural] = ['metrics.k8s.io', 'pods'];
  const [version] = made.spec.versions;
  return {
    ...made,
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in of a test suite' } },
    spec: { ...made.spec, group, names: { kind: 'PodMetrics', plural }, versions: [{ ...version, name: 'v1beta1' }] },
  };
}

export const definitions = [definition('ServiceMonitor'), definition('PodMonitor'), definition('PrometheusAgent', 'v1alpha1'), definition('Prometheus', 'v1', 'prometheuses'), podMetrics()];

/** Runs, fails, and is never ready: of a pod that has never run, the API server evicts whatever a budget says. */
const guarded = statefulSet('lp-guarded', RUNS, 1, { command: ['false'], readinessProbe: { tcpSocket: { port: 1 } } });

export const objects: readonly KubernetesObject[] = [
  at('Service', 'v1', 'lp-web', { spec: { selector: { app: 'somebody-else' }, ports } }),
  at('Ingress', 'networking.k8s.io/v1', 'lp-web', { spec: { rules: rule(8080) } }),
  at('ServiceMonitor', 'monitoring.coreos.com/v1', 'lp-web', { spec: { selector: selector('somebody-else') } }),
  at('PodMonitor', 'monitoring.coreos.com/v1', 'lp-web', { spec: { selector: selector('somebody-else') } }),
  at('Deployment', 'apps/v1', 'lp-deployment', { spec: { replicas: 1, selector: selector('lp-deployment'), template: template('lp-deployment', RUNS) } }),
  at('Deployment', 'apps/v1', 'lp-empty', { spec: { replicas: 0, selector: selector('lp-empty'), template: template('lp-empty', RUNS) } }),
  at('ConfigMap', 'v1', 'lp-settings', { data: { 'grafana.ini': 'changed' } }),
  at('Ingress', 'networking.k8s.io/v1', 'lp-classed', { spec: { ingressClassName: 'lp-none', rules: rule(80) } }),
  // Its claim only one node may mount.
  at('PersistentVolumeClaim', 'v1', 'lp-claimed', { spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'standard', resources: { requests: { storage: '300Mi' } } } }),
  at('Deployment', 'apps/v1', 'lp-claimed', { spec: { replicas: 1, selector: selector('lp-claimed'), template: mounting('lp-claimed') } }),
  // Its claim every node may mount. Nobody provides that, and without a pod nobody asks: it is restarted once the claim has been looked at.
  at('PersistentVolumeClaim', 'v1', 'lp-shared', { spec: { accessModes: ['ReadWriteMany'], storageClassName: '', resources: { requests: { storage: '1Mi' } } } }),
  at('Deployment', 'apps/v1', 'lp-shared', { spec: { replicas: 0, selector: selector('lp-shared'), template: mounting('lp-shared') } }),
  // On no node, so that it costs nothing.
  at('DaemonSet', 'apps/v1', 'lp-daemons', { spec: { selector: selector('lp-daemons'), template: { ...template('lp-daemons', RUNS), spec: { ...template('lp-daemons', RUNS).spec, nodeSelector: { nowhere: 'true' } } } } }),
  statefulSet('lp-few', RUNS, 0),
  statefulSet('lp-cache', RUNS, 0),
  // Fills its memory until it is killed for it.
  statefulSet('lp-hungry', RUNS, 1, { command: ['tail', '/dev/zero'], resources: { requests: { memory: '16Mi' }, limits: { memory: '16Mi' } } }),
  statefulSet('lp-broken', NEVER),
  guarded,
  at('PodDisruptionBudget', 'policy/v1', 'lp-guarded', { spec: { minAvailable: 1, selector: selector('lp-guarded') } }),
  statefulSet('lp-stuck', RUNS, 2),
];

/** A template that does not work: the controller replaces the last pod and gets stuck there. */
export const stuck = statefulSet('lp-stuck', NEVER, 2);

const target = (apiVersion: string, kind: string, name: string, more: Partial<Target> = {}): Target => ({ apiVersion, kind, namespace: NAMESPACE, name, ports: {}, ...more });
const anyPorts = { ports: { http: 9090, metrics: 9090 } };

/** Roles of those objects, beside the pipeline's own. */
export const targets: Record<string, Target> = {
  deployment: target('apps/v1', 'Deployment', 'lp-deployment', anyPorts),
  grafana: target('apps/v1', 'Deployment', 'lp-shared'),
  grafanaConfig: target('v1', 'ConfigMap', 'lp-settings', { key: 'grafana.ini' }),
  classedIngress: target('networking.k8s.io/v1', 'Ingress', 'lp-classed'),
  claimed: target('apps/v1', 'Deployment', 'lp-claimed'),
  emptyDeployment: target('apps/v1', 'Deployment', 'lp-empty', anyPorts),
  daemons: target('apps/v1', 'DaemonSet', 'lp-daemons', anyPorts),
  hungry: target('apps/v1', 'StatefulSet', 'lp-hungry', { container: 'shell' }),
  few: target('apps/v1', 'StatefulSet', 'lp-few'),
  frontendCache: target('apps/v1', 'StatefulSet', 'lp-cache'),
  broken: target('apps/v1', 'StatefulSet', 'lp-broken'),
  guarded: target('apps/v1', 'StatefulSet', 'lp-guarded'),
  stuck: target('apps/v1', 'StatefulSet', 'lp-stuck'),
  web: target('v1', 'Service', 'lp-web'),
  goneService: target('v1', 'Service', 'lp-gone'),
  ingress: target('networking.k8s.io/v1', 'Ingress', 'lp-web'),
  goneIngress: target('networking.k8s.io/v1', 'Ingress', 'lp-gone'),
  serviceMonitor: target('monitoring.coreos.com/v1', 'ServiceMonitor', 'lp-web'),
  goneServiceMonitor: target('monitoring.coreos.com/v1', 'ServiceMonitor', 'lp-gone'),
  podMonitor: target('monitoring.coreos.com/v1', 'PodMonitor', 'lp-web'),
  gonePodMonitor: target('monitoring.coreos.com/v1', 'PodMonitor', 'lp-gone'),
};

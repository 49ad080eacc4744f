/**
 * The lab's fixed facts: names, versions and addresses.
 *
 * Every address below exists only in the lab's own network namespace, on its `lo`.
 */
export const NODE_NAME = 'lab-node';
/** Node address: API server and kubelet endpoints. Not loopback, because the API server's proxy refuses to dial 127.0.0.0/8. */
export const NODE_IP = '10.96.255.2';
export const API_SERVER_PORT = 6443;
export const KUBELET_PORT = 10250;
/** Where a gateway that runs inside the lab is to listen; the Service `nightshift` in namespace `nightshift` leads here. */
export const GATEWAY_IP = '10.96.255.1';
export const GATEWAY_PORT = 8088;
export const SERVICE_CIDR = '10.96.0.0/24';
export const KUBERNETES_SERVICE_IP = '10.96.0.1';
export const DNS_IP = '10.96.0.10';
export const POD_CIDR = '10.244.0.0/24';
export const CLUSTER_DOMAIN = 'cluster.local';
/** The storage driver's name, in the StorageClass and in the volumes that it made. */
export const STORAGE_PROVISIONER = 'disks.nightshift.lab';
export const ETCD_CLIENT_PORT = 2379;
export const ETCD_PEER_PORT = 2380;
export const API_SERVER_URL = `https://${NODE_IP}:${API_SERVER_PORT}`;

/**
 * One factor scales everything that makes an incident slow: a rule's `for`, ranges and lag thresholds, Alertmanager's
 * timings, the crash-loop back-off and the grace period. 1/20 turns "5 minutes" into 15 seconds, which still holds
 * several scrapes.
 */
export const DEFAULT_FACTOR = 1 / 20;

/** Ports of the workloads inside the lab; the manifests say the same. */
export const PORTS = { prometheus: 9090, alertmanager: 9093, thanosHttp: 10902, thanosGrpc: 10901, remoteWrite: 19291 } as const;

/** In-cluster URLs that a client inside the lab uses. */
export const URLS = {
  watcherPrometheus: `http://prometheus-watcher.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.prometheus}`,
  agentPrometheus: `http://prometheus-agent.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.prometheus}`,
  /** In labs with the query path. */
  thanosRuler: `http://thanos-ruler.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.thanosHttp}`,
  thanosQuery: `http://thanos-query.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.thanosHttp}`,
  queryFrontend: `http://thanos-query-frontend.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.thanosHttp}`,
  /** As people ask for it: through its Ingress. */
  grafana: 'http://grafana.k8s-cluster-01.miribit.lab',
  alertmanager: `http://alertmanager.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.alertmanager}`,
  remoteWrite: `http://thanos-receive-lb.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.remoteWrite}/api/v1/receive`,
} as const;

/** Default target of the lab's Alertmanager. */
export const DEFAULT_WEBHOOK_URL = `http://nightshift.nightshift.svc.${CLUSTER_DOMAIN}:${GATEWAY_PORT}/webhooks/alertmanager`;

/** The object store; the credentials are made anew for every lab. */
export const OBJSTORE = { bucket: 'thanos', endpoint: `objstore.monitoring.svc.${CLUSTER_DOMAIN}:8333` } as const;

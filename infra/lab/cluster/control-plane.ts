import path from 'node:path';
import { binary } from '../build';
import { clientKubeconfig, labSource, type LabPaths } from '../paths';
import { API_SERVER_PORT, CLUSTER_DOMAIN, ETCD_CLIENT_PORT, ETCD_PEER_PORT, NODE_IP, SERVICE_CIDR } from '../settings';

/** A process of the lab itself, as opposed to a pod's. */
export interface Component {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const etcdUrl = (port: number): string => `http://127.0.0.1:${port}`;

/** etcd; its data is as short-lived as the lab, so it need not wait for the disk. */
export function etcd(paths: LabPaths): Component {
  const client = etcdUrl(ETCD_CLIENT_PORT);
  const peer = etcdUrl(ETCD_PEER_PORT);
  return {
    name: 'etcd',
    command: 'etcd',
    args: ['--name=lab', `--data-dir=${paths.etcd}`, `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=lab=${peer}`, '--unsafe-no-fsync'],
  };
}

/** The API server, with RBAC and an audit log of everything that changes. */
export function apiServer(paths: LabPaths): Component {
  const pki = (name: string) => path.join(paths.pki, name);
  return {
    name: 'kube-apiserver',
    command: binary('kube-apiserver'),
    args: [
      `--etcd-servers=${etcdUrl(ETCD_CLIENT_PORT)}`,
      `--bind-address=${NODE_IP}`,
      `--advertise-address=${NODE_IP}`,
      `--secure-port=${API_SERVER_PORT}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      `--client-ca-file=${pki('ca.crt')}`,
      // No front proxy is there; the flag only keeps the other components from complaining that it is missing.
      `--requestheader-client-ca-file=${pki('ca.crt')}`,
      '--requestheader-allowed-names=none',
      `--tls-cert-file=${pki('apiserver.crt')}`,
      `--tls-private-key-file=${pki('apiserver.key')}`,
      `--kubelet-certificate-authority=${pki('ca.crt')}`,
      `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
      `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--service-account-issuer=https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
      `--service-account-key-file=${pki('service-account.pub')}`,
      `--service-account-signing-key-file=${pki('service-account.key')}`,
      '--authorization-mode=RBAC',
      `--audit-policy-file=${labSource('cluster', 'audit-policy.yaml')}`,
      `--audit-log-path=${paths.auditLog}`,
      '--audit-log-mode=blocking',
      '--profiling=false',
    ],
  };
}

/** All of the controllers that need no cloud. */
export function controllerManager(paths: LabPaths): Component {
  const kubeconfig = clientKubeconfig(paths, 'kube-controller-manager');
  return {
    name: 'kube-controller-manager',
    command: binary('kube-controller-manager'),
    args: [...clientFlags(kubeconfig), `--root-ca-file=${path.join(paths.pki, 'ca.crt')}`, `--service-account-private-key-file=${path.join(paths.pki, 'service-account.key')}`, '--use-service-account-credentials=true', '--profiling=false'],
  };
}

export function scheduler(paths: LabPaths): Component {
  return { name: 'kube-scheduler', command: binary('kube-scheduler'), args: [...clientFlags(clientKubeconfig(paths, 'kube-scheduler')), '--profiling=false'] };
}

/** There is one of each, so nothing is to be elected. */
function clientFlags(kubeconfig: string): string[] {
  return [`--kubeconfig=${kubeconfig}`, `--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`, '--bind-address=127.0.0.1', '--leader-elect=false'];
}

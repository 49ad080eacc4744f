import os from 'node:os';
import { ApiError, type ApiClient } from '../api/client';
import { KUBELET_PORT, NODE_IP, NODE_NAME, POD_CIDR } from '../settings';
import { kubernetesTime } from './container-status';

const LEASE_SECONDS = 40;
/** The kubelet's own pace; the controller manager gives up on a node after four of them. */
const RENEW_EVERY_MS = 10_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Registers the lab's only node and keeps it ready. */
export class NodeObject {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly api: ApiClient) {}

  async register(): Promise<void> {
    const labels = { 'kubernetes.io/hostname': NODE_NAME, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'topology.kubernetes.io/zone': 'lab' };
    await this.api.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME, labels }, spec: { podCIDR: POD_CIDR, podCIDRs: [POD_CIDR] } }).catch(ignoreConflict);
    await this.report();
    await this.renew();
    this.timer = setInterval(() => void this.renew().catch((error: Error) => console.log(`lease: ${error.message}`)), RENEW_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async report(): Promise<void> {
    const now = kubernetesTime(new Date());
    const capacity = { cpu: String(os.cpus().length * 4), memory: `${Math.floor(os.totalmem() / 1024)}Ki`, pods: '110', 'ephemeral-storage': '100Gi' };
    const condition = (type: string, status: string, reason: string) => ({ type, status, reason, message: reason, lastHeartbeatTime: now, lastTransitionTime: now });
    const status = {
      capacity,
      allocatable: capacity,
      conditions: [condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'), condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'), condition('PIDPressure', 'False', 'KubeletHasSufficientPID'), condition('Ready', 'True', 'KubeletReady')],
      addresses: [{ type: 'InternalIP', address: NODE_IP }, { type: 'Hostname', address: NODE_NAME }],
      daemonEndpoints: { kubeletEndpoint: { Port: KUBELET_PORT } },
      nodeInfo: { machineID: 'lab', systemUUID: 'lab', bootID: 'lab', kernelVersion: os.release(), osImage: 'nightshift lab', containerRuntimeVersion: 'process://1', kubeletVersion: 'v1.37.2', kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64' },
    };
    await this.api.patch(`/api/v1/nodes/${NODE_NAME}/status`, { status });
  }

  private async renew(): Promise<void> {
    const spec = { holderIdentity: NODE_NAME, leaseDurationSeconds: LEASE_SECONDS, renewTime: new Date().toISOString().replace('Z', '000Z') };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: NODE_NAME }, spec };
    await this.api.patch(`${LEASES}/${NODE_NAME}`, { spec }).catch(async (error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      await this.api.post(LEASES, lease);
    });
  }
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 409)) throw error;
}

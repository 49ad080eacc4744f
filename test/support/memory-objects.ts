/** Receivers with memory limits, and how they end at them. */
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import type { JsonObject } from '../../workflows/contracts';
import { pod, statefulSet } from './pipeline-objects';

const resources = (memory: string, request = memory): JsonObject => ({ limits: { memory }, requests: { memory: request } });
const spec = (memory: string, request?: string): JsonObject => ({ containers: [{ name: 'thanos-receive', resources: resources(memory, request) }] });

export interface MemoryShape {
  killed?: number[];
  limit?: string;
  request?: string;
  template?: string;
}

/** Three receivers, of which some crash-loop, killed for want of memory. */
export function limitedReceivers({ killed = [], limit = '384Mi', request = '192Mi', template = '384Mi' }: MemoryShape = {}): KubernetesObject[] {
  const set = statefulSet({ change: { template: { metadata: { labels: { app: 'thanos-receive' } }, spec: spec(template, '192Mi') } } });
  const pods = [0, 1, 2].map((ordinal): KubernetesObject => {
    const dead = killed.includes(ordinal);
    const made = pod({ ordinal, life: dead ? 'crashing' : 'ready' });
    const status = made['status'] as JsonObject;
    const [container] = status['containerStatuses'] as JsonObject[];
    return {
      ...made,
      spec: { ...(made['spec'] as JsonObject), ...spec(dead ? limit : template, dead ? request : '192Mi') },
      status: { ...status, containerStatuses: [{ ...container, name: 'thanos-receive', ...(dead && { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-03-01T02:59:00Z' } } }) }] },
    };
  });
  const nodes = [0, 1, 2].map((ordinal): KubernetesObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${ordinal}`, namespace: '' }, status: { allocatable: { memory: '4Gi' } } }));
  return [set, ...pods, ...nodes];
}

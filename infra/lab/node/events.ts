import { randomBytes } from 'node:crypto';
import type { ApiClient } from '../api/client';
import type { Pod } from '../api/types';
import { NODE_NAME } from '../settings';
import { kubernetesTime } from './container-status';

/** Same event again within this time is counted, not posted anew. */
const REMEMBERED = 1_000;

/** Posts events about pods; a repeated one becomes a count, as with the kubelet. */
export class PodEvents {
  private readonly posted = new Map<string, { name: string; count: number; first: string }>();
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly api: ApiClient) {}

  /** Best effort, in order: an event that cannot be posted is not worth a pod. */
  post(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.queue = this.queue.then(() => this.send(pod, type, reason, message)).catch(() => undefined);
  }

  private async send(pod: Pod, type: string, reason: string, message: string): Promise<void> {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const key = [uid, reason, message].join('\n');
    const path = `/api/v1/namespaces/${namespace}/events`;
    const now = kubernetesTime(new Date());
    const known = this.posted.get(key);
    if (known) {
      known.count += 1;
      await this.api.patch(`${path}/${known.name}`, { count: known.count, lastTimestamp: now });
      return;
    }
    const event = { name: `${name}.${randomBytes(8).toString('hex')}`, count: 1, first: now };
    if (this.posted.size >= REMEMBERED) this.posted.clear();
    this.posted.set(key, event);
    await this.api.post(path, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: event.name, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion },
      type,
      reason,
      message,
      source: { component: 'kubelet', host: NODE_NAME },
      reportingComponent: 'kubelet',
      reportingInstance: NODE_NAME,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  }
}

import { randomBytes } from 'node:crypto';
import type { ApiClient } from '../api/client';
import type { ApiObject } from '../api/types';
import { NODE_NAME } from '../settings';
import { kubernetesTime } from './container-status';

/** Same event again within this time is counted, not posted anew. */
const REMEMBERED = 1_000;

/** Posts events about objects; a repeated one becomes a count, as with the kubelet. */
export class ObjectEvents {
  private readonly posted = new Map<string, { name: string; count: number; first: string }>();
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: ApiClient,
    private readonly component = 'kubelet',
  ) {}

  /** Best effort, in order: an event that cannot be posted is not worth a pod. An object without a kind is a pod, as a list has them. */
  post(object: ApiObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.queue = this.queue.then(() => this.send(object, type, reason, message)).catch(() => undefined);
  }

  private async send(object: ApiObject, type: string, reason: string, message: string): Promise<void> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
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
      involvedObject: { apiVersion: 'v1', kind: object.kind ?? 'Pod', name, namespace, uid, resourceVersion },
      type,
      reason,
      message,
      source: { component: this.component, host: NODE_NAME },
      reportingComponent: this.component,
      reportingInstance: NODE_NAME,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { IncidentStatus } from '../../workflows/contracts';
import type { AuditEntry } from '../../activities/practice/state';
import type { History } from './history';
import { RECOVERED_BY, webhookOf } from './incident';
import type { Lane } from './lane';

/** A person looks, decides, looks again; often enough that a cell does not wait for it. */
const LOOK_EVERY_MS = 300;

/**
 * Alertmanager and the person on call, who do the same in every cell: the alert fires until it was taken, resolves when the
 * pipeline is restored, and every plan that waits is approved once. What was not answered is sent again, as they would.
 */
export class OnCall {
  private readonly approved = new Set<string>();
  private resolved = false;
  /** How long the history was when the incident was last looked at: while nothing happens, nothing new waits for a person. */
  private seen = 0;

  constructor(private readonly lane: Pick<Lane, 'ask'>, private readonly cluster: string, private readonly audit: () => AuditEntry[], private readonly signal: AbortSignal) {}

  /** Resolves when Temporal has the alert. */
  async fire(): Promise<void> {
    await this.untilTaken(webhookOf(this.cluster, new Date().toISOString()));
  }

  /** Works on the incident until it has closed. */
  async attend(publicId: string, history: Pick<History, 'length' | 'closed'>): Promise<void> {
    while (!history.closed && !this.signal.aborted) {
      await this.resolveOnceRestored();
      const { length } = history;
      if (length !== this.seen && (await this.decide(publicId))) this.seen = length;
      await delay(LOOK_EVERY_MS);
    }
  }

  private async resolveOnceRestored(): Promise<void> {
    if (this.resolved) return;
    const restored = this.audit().some(({ verb, object }) => verb === RECOVERED_BY.verb && object.kind === RECOVERED_BY.kind && object.name === RECOVERED_BY.name);
    if (!restored) return;
    const now = new Date().toISOString();
    await this.untilTaken(webhookOf(this.cluster, now, now));
    this.resolved = true;
  }

  /** @returns false when it could not be seen, or not said, and has to be tried again */
  private async decide(publicId: string): Promise<boolean> {
    const { status: code, json } = await this.lane.ask('GET', `/api/v1/incidents/${publicId}`);
    const { plan, waiting, workerAway } = json as unknown as Partial<IncidentStatus> & { workerAway?: boolean };
    if (code !== 200 || workerAway !== false) return false;
    if (waiting?.for !== 'approval' || !plan || this.approved.has(plan.hash)) return true;
    // Unanswered, it may have counted; the incident then no longer waits, or refuses a second one of the same person.
    const answer = await this.lane.ask('POST', `/api/v1/incidents/${publicId}/decisions`, { verdict: 'approve', planHash: plan.hash });
    if (answer.status !== 200) return false;
    this.approved.add(plan.hash);
    return true;
  }

  private async untilTaken(body: object): Promise<void> {
    while (!this.signal.aborted) {
      const { status } = await this.lane.ask('POST', '/webhooks/alertmanager', body);
      if (status === 200) return;
      await delay(LOOK_EVERY_MS);
    }
  }
}

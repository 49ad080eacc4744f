/** Alertmanager and the people on call of all clusters: what was not answered is sent again, as they would. */
import { setTimeout as delay } from 'node:timers/promises';
import type { IncidentStatus } from '../../workflows/contracts';
import type { AuditEntry } from '../../activities/practice/state';
import { RECOVERED_BY } from '../kill-matrix/incident';
import type { Fleet } from './fleet';
import { firing, resolved } from './scene';

/** Alertmanager's own pause before it sends again, shortened. */
const AGAIN_AFTER_MS = 500;
/** As many webhooks, or decisions, at a time. */
const AT_ONCE = 6;

/** Does every job, some at a time; a job that throws ends it. */
export async function each<Item>(items: readonly Item[], job: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await job(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

export class People {
  readonly fired = new Set<string>();
  readonly approved = new Set<string>();
  private readonly resolved = new Set<string>();

  constructor(private readonly fleet: Pick<Fleet, 'ask'>, private readonly audit: (cluster: string) => AuditEntry[], private readonly signal: AbortSignal) {}

  async fire(cluster: string): Promise<void> {
    await this.untilTaken(firing(cluster));
    this.fired.add(cluster);
  }

  /** Looks at the incident until its plan waits, and approves it once. */
  async approve(cluster: string, publicId: string): Promise<void> {
    for (; !this.signal.aborted; await delay(AGAIN_AFTER_MS)) {
      const { status: code, json } = await this.fleet.ask('GET', `/api/v1/incidents/${publicId}`);
      const { plan, waiting, workerAway, outcome, mutations = [] } = json as unknown as Partial<IncidentStatus> & { workerAway?: boolean };
      if (code !== 200 || workerAway !== false) continue;
      // It counted although its answer got lost, or a person has the incident.
      if (mutations.length > 0 || outcome !== undefined) return;
      if (waiting?.for !== 'approval' || !plan) continue;
      const answer = await this.fleet.ask('POST', `/api/v1/incidents/${publicId}/decisions`, { verdict: 'approve', planHash: plan.hash });
      if (answer.status !== 200) continue;
      this.approved.add(cluster);
      return;
    }
  }

  /** Ends the alert of each cluster whose Service is there again. */
  async resolveWhatIsRestored(clusters: readonly string[]): Promise<void> {
    const restored = (cluster: string) => this.audit(cluster).some(({ verb, object }) => verb === RECOVERED_BY.verb && object.kind === RECOVERED_BY.kind && object.name === RECOVERED_BY.name);
    await each(clusters.filter((cluster) => !this.resolved.has(cluster) && restored(cluster)), async (cluster) => {
      await this.untilTaken(resolved(cluster));
      this.resolved.add(cluster);
    });
  }

  private async untilTaken(body: object): Promise<void> {
    for (; !this.signal.aborted; await delay(AGAIN_AFTER_MS)) if ((await this.fleet.ask('POST', '/webhooks/alertmanager', body)).status === 200) return;
  }
}

import { z } from 'zod';
import { sampleAgents } from '../agent-sampling';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { fieldsOf, REMOTE_WRITE_FIELDS, summarize } from './agent-remote-write-probe';
import { READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('agent').describe('Role of the agent.') });

/** Domain section 6: delivery is judged over at least a minute. In milliseconds; times the time factor. */
const WINDOW_MS = 60_000;
/** A real queue sends every few seconds (batch deadline 5 s): a shorter window may hold no attempt at all. */
const SHORTEST_WINDOW_MS = 3_000;
/** Left for the two scrapes when the time given is shorter than the window. */
const SCRAPING_SHARE = 0.2;

export function deliveryWindowMs({ config }: Pick<ClusterAccess, 'config'>): number {
  const shortest = config.practice ? 0 : SHORTEST_WINDOW_MS;
  return Math.max(shortest, WINDOW_MS * config.timeFactor);
}

/**
 * Is everything delivered, now that something was changed? Deltas of the agent's own counters over a window that lies
 * wholly after the last mutation. A range query over Thanos would still hold the outage for minutes.
 */
export const agentDeliveryProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'prometheus.agentDelivery',
  title: 'Delivery after a change: what the agent sent and how much of it arrived, over a minute',
  input: INPUT,
  fields: { ...REMOTE_WRITE_FIELDS, complete: { type: 'boolean', text: 'the window was as long as a verification needs' } },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  windowed: deliveryWindowMs,
  async ask(access, { target: role }, { timeoutMs }) {
    const whole = deliveryWindowMs(access);
    const window = Math.min(whole, timeoutMs * (1 - SCRAPING_SHARE));
    const { running, signals } = await sampleAgents(access, targetOf(access, role), window);
    return { fields: { ...fieldsOf(running.length, signals), complete: window >= whole }, summary: summarize(running.length, signals) };
  },
};

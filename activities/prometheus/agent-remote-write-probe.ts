import { z } from 'zod';
import { sampleAgents } from '../agent-sampling';
import type { RemoteWriteSignals } from '../agent-signals';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('agent').describe('Role of the agent.') });

/** Long enough for a retry with its back-off of at most 5 s to be seen, in milliseconds; times the time factor. */
const INTERVAL_MS = 6_000;
/** Remote write's first back-offs are 30 ms to about a second: below this nothing is told apart. */
const SHORTEST_INTERVAL_MS = 2_000;
/** The share of a probe's time that may be spent waiting between the two looks. */
const WAITING_SHARE = 0.6;

export const REMOTE_WRITE_FIELDS = {
  running: { type: 'boolean', text: 'at least one agent runs' },
  agents: { type: 'number', unit: 'count', text: 'agents that run' },
  remoteWriteConfigured: { type: 'boolean|null', text: 'the agent has a remote-write queue' },
  lagSeconds: { type: 'number|null', unit: 'seconds', text: 'now − newest sample sent; since its start for an agent that never sent any; null when it cannot be read' },
  failedRatio: { type: 'number|null', unit: 'ratio', text: 'rejected for good (4xx) of what was tried to be sent; null when nothing was tried' },
  retriedRatio: { type: 'number|null', unit: 'ratio', text: 'given back by the network or with 5xx of what was tried' },
  deliveredRatio: { type: 'number|null', unit: 'ratio', text: '1 − failed − retried; null when nothing was tried' },
  attemptedPerSecond: { type: 'number', unit: 'per second', text: 'samples that were tried to be sent' },
  samplesPerSecond: { type: 'number|null', unit: 'per second', text: 'samples scraped, and so piling up while nothing is delivered' },
  pending: { type: 'number', unit: 'count', text: 'samples that wait in the queues’ memory' },
  shardsDesired: { type: 'number', unit: 'count', text: 'senders that the agent would like to have' },
  shardsMax: { type: 'number', unit: 'count', text: 'senders that it may have' },
  senderLimited: { type: 'boolean', text: 'it would like more senders than it may have' },
  restarted: { type: 'boolean', text: 'an agent was restarted while it was looked at: ratios are not known' },
  windowSeconds: { type: 'number', unit: 'seconds', text: 'time between the two looks' },
} as const satisfies Probe['fields'];

/** What the agent's own metrics say about remote write, from two looks some seconds apart. */
export const agentRemoteWriteProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'prometheus.agentRemoteWrite',
  title: 'Remote write as the agent itself sees it: lag, and what is rejected, retried and delivered',
  input: INPUT,
  fields: REMOTE_WRITE_FIELDS,
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }, { timeoutMs }) {
    const interval = Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor);
    const { running, signals } = await sampleAgents(access, targetOf(access, role), Math.min(interval, timeoutMs * WAITING_SHARE));
    return { fields: fieldsOf(running.length, signals), summary: summarize(running.length, signals) };
  },
};

export function fieldsOf(agents: number, signals: RemoteWriteSignals | undefined) {
  return {
    running: agents > 0,
    agents,
    remoteWriteConfigured: signals ? signals.queues > 0 : null,
    lagSeconds: rounded(signals?.lagSeconds),
    failedRatio: rounded(signals?.failedRatio),
    retriedRatio: rounded(signals?.retriedRatio),
    deliveredRatio: rounded(signals?.deliveredRatio),
    attemptedPerSecond: rounded(signals?.attemptedPerSecond) ?? 0,
    samplesPerSecond: rounded(signals?.appendedPerSecond),
    pending: signals?.pending ?? 0,
    shardsDesired: rounded(signals?.shardsDesired) ?? 0,
    shardsMax: signals?.shardsMax ?? 0,
    senderLimited: signals !== undefined && signals.shardsDesired > signals.shardsMax,
    restarted: signals?.restarted ?? false,
    windowSeconds: rounded(signals?.windowSeconds) ?? 0,
  };
}

export function summarize(agents: number, signals: RemoteWriteSignals | undefined): string {
  if (!signals) return 'No agent runs.';
  if (signals.queues === 0) return 'The agent has no remote write configured.';
  const lag = signals.lagSeconds === null ? 'its lag cannot be read' : `it is ${Math.round(signals.lagSeconds)} s behind`;
  const window = `over ${Math.round(signals.windowSeconds)} s`;
  if (signals.restarted) return `The agent was restarted while it was looked at; ${lag}.`;
  if (signals.deliveredRatio === null) return `The agent tried to send nothing ${window}; ${lag}.`;
  return `${agents === 1 ? 'The agent' : `The worst of ${agents} agents`} delivered ${percent(signals.deliveredRatio)} ${window} (rejected ${percent(signals.failedRatio)}, retried ${percent(signals.retriedRatio)}); ${lag}.`;
}

function percent(ratio: number | null): string {
  return ratio === null ? 'unknown' : `${(ratio * 100).toFixed(1)} %`;
}

/** Four digits are enough for a rule, and keep 0.9900000001 out of the history. */
function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Math.round(value * 10_000) / 10_000;
}

import { z } from 'zod';
import { readAll, runningAgents } from '../agent-sampling';
import { portOf, targetOf, type ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({
  target: z.string().default('agent').describe('Role of the agent.'),
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).default('cluster').describe('External label that tells clusters apart.'),
});

/** How far back gaps are looked for, in seconds, times the time factor; an agent keeps unsent samples for two hours (domain F4). */
const WINDOW_S = 4 * 3_600;
const LEAST_WINDOW_S = 900;
const STEPS = 240;
/** An agent's first samples arrive within a scrape interval and a batch of its start, in seconds. */
const AFTER_START_S = 120;
/** Releases that skip parts of the write-ahead log after a stall (P#14087; fixed in 2.53.1). */
const SKIPS_WAL = /^v?2\.(51\.\d+|52\.\d+|53\.0)(\D|$)/;

/** Holes in what has arrived, and whether an agent's restart ended them: what it had not sent by then is lost (domain F3). */
export const gapsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.gaps',
  title: 'Gaps in the cluster’s series over the last hours, and whether they ended with a restart of the agent',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no Thanos Query is configured' },
    longestSeconds: { type: 'number|null', unit: 'seconds', text: 'the longest gap that has ended; 0 when there is none' },
    endedSecondsAgo: { type: 'number|null', unit: 'seconds', text: 'when it ended; null when there is none' },
    open: { type: 'boolean|null', text: 'nothing arrives at this moment' },
    endsAtRestart: { type: 'boolean|null', text: 'it ended when the agent started anew; null when the agent cannot be asked' },
    version: { type: 'text|null', text: 'the agent’s version' },
    skipsWal: { type: 'boolean|null', text: 'that version skips parts of its write-ahead log after a stall' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role, label }) {
    const { query } = access;
    if (!query) return { fields: { notApplicable: true, longestSeconds: null, endedSecondsAgo: null, open: null, endsAtRestart: null, version: null, skipsWal: null }, summary: 'No Thanos Query is configured for this cluster.' };
    const now = access.clock.now().getTime() / 1000;
    const windowSeconds = Math.max(LEAST_WINDOW_S, WINDOW_S * access.config.timeFactor);
    const step = Math.ceil(windowSeconds / STEPS);
    // Over one step and a half, not by the usual five minutes of looking back, which would hide a short gap.
    const promql = `count(count_over_time(up{${label}=${JSON.stringify(access.config.name)}}[${Math.max(Math.ceil(step * 1.5), 45)}s]))`;
    const [{ series }, agent] = await Promise.all([query.queryRange(promql, { start: now - windowSeconds, end: now, stepSeconds: step }), agentOf(access, role)]);
    const seen = (series[0]?.points ?? []).filter(([, value]) => value > 0).map(([at]) => at);
    const gap = longestGap(seen, step);
    const open = seen.length > 0 ? now - seen.at(-1)! > step * 2 : null;
    const endsAtRestart = agent.startedAt === undefined ? null : gap !== undefined && Math.abs(gap.end - agent.startedAt) <= AFTER_START_S + step;
    const skipsWal = agent.version === undefined ? null : SKIPS_WAL.test(agent.version);
    return {
      fields: { notApplicable: false, longestSeconds: gap ? Math.round(gap.end - gap.start) : 0, endedSecondsAgo: gap ? Math.round(now - gap.end) : null, open, endsAtRestart, version: agent.version ?? null, skipsWal },
      summary: gap
        ? `For ${Math.round(gap.end - gap.start)} s nothing of the cluster arrived, until ${Math.round(now - gap.end)} s ago${endsAtRestart ? ', when the agent started anew' : ''}.`
        : `There is no gap in the cluster’s series within the last ${Math.round(windowSeconds / 60)} minutes that has ended.`,
    };
  },
};

/** Between two steps at which something was there; a single missing step is none. */
function longestGap(seen: readonly number[], step: number): { start: number; end: number } | undefined {
  const gaps = seen.slice(1).map((end, index) => ({ start: seen[index]!, end })).filter(({ start, end }) => end - start > step * 2);
  return gaps.sort((a, b) => b.end - b.start - (a.end - a.start))[0];
}

/** The latest start of an agent, and its version; neither where none runs. */
async function agentOf(access: ClusterAccess, role: string): Promise<{ startedAt?: number; version?: string }> {
  const target = targetOf(access, role);
  const running = await runningAgents(access, target);
  const [first] = running;
  if (!first) return {};
  const [readings, samples] = await Promise.all([readAll(access, target, running), access.metrics.scrape({ namespace: target.namespace, name: first.name, port: portOf(target, 'metrics') })]);
  const starts = readings.map(({ startedAt }) => startedAt).filter((value) => value !== undefined);
  const version = samples.find(({ name }) => name === 'prometheus_build_info')?.labels['version'];
  return { ...(starts.length > 0 && { startedAt: Math.max(...starts) }), ...(version && { version }) };
}

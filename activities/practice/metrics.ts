import { failure, type JsonObject } from '../../workflows/contracts';
import type { MetricsGateway, Sample } from '../prometheus/gateway';
import { isHealed } from './scene';
import type { Scene } from './state';
import type { StateFile } from './state-file';

const AGENT_PROBES = new Set(['prometheus.agentRemoteWrite', 'prometheus.agentDelivery']);
const AGENT_POD = /prometheus-agent/;
const RECEIVER_POD = /thanos-receive-\d+$/;
const RECEIVER_REQUESTS_PER_SECOND = 40;

/** What gates and verification ask of a receiver: those that are asked, the replaced and the healthy ones, accept and upload. */
function receiverSamples(now: Date): Sample[] {
  const tenant = { tenant: 'default-tenant' };
  return [
    { name: 'thanos_shipper_dir_syncs_total', labels: tenant, value: 12 },
    { name: 'thanos_shipper_dir_sync_failures_total', labels: tenant, value: 0 },
    { name: 'http_requests_total', labels: { handler: 'receive', code: '200' }, value: Math.round((now.getTime() / 1_000) * RECEIVER_REQUESTS_PER_SECOND) },
  ];
}

const PREFIX = 'prometheus_remote_storage_';

/** A quiet, healthy agent. */
const HEALTHY = { lagSeconds: 4, failedRatio: 0, retriedRatio: 0, attemptedPerSecond: 410, samplesPerSecond: 410, pending: 0, shardsDesired: 1, shardsMax: 5 };

/**
 * The agent's own metrics, in numbers that fit what the example recorded: gates read them, too. Counters grow with time
 * at the recorded rates. Of receivers there is what gates read; other programs' metrics are not there, their probes answer
 * from the recording.
 */
export function practiceMetrics(file: StateFile, now: () => Date): MetricsGateway {
  return {
    scrape: async ({ name }) => {
      if (RECEIVER_POD.test(name)) return receiverSamples(now());
      if (!AGENT_POD.test(name)) throw failure('UpstreamUnavailable', `The practice cluster has no metrics of Pod ${name}; the example being played has to record what is asked of it.`);
      const state = file.read();
      return agentSamples(recordedSignals(state.scene, isHealed(state, now())), state.scene, now());
    },
  };
}

function recordedSignals(scene: Scene | undefined, healed: boolean): typeof HEALTHY {
  const parts = healed ? [scene?.after] : [scene?.evidence];
  const recorded = parts.flatMap((part) => Object.entries(part ?? {}).flatMap(([id, fields]) => (fields && AGENT_PROBES.has(scene?.uses[id] ?? '') ? [fields] : [])));
  return { ...HEALTHY, ...numbersOf(recorded[0] ?? {}) };
}

function numbersOf(fields: JsonObject): Partial<typeof HEALTHY> {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => name in HEALTHY && typeof value === 'number'));
}

function agentSamples(signals: typeof HEALTHY, scene: Scene | undefined, now: Date): Sample[] {
  // Any fixed moment does: between two looks only the difference counts.
  const startedAt = Date.parse(scene?.playedAt ?? '2026-01-01T00:00:00Z') / 1_000 - 9 * 86_400;
  const seconds = now.getTime() / 1_000 - startedAt;
  const attempted = signals.attemptedPerSecond * seconds;
  const values: Record<string, number> = {
    process_start_time_seconds: startedAt,
    prometheus_agent_samples_appended_total: signals.samplesPerSecond * seconds,
    [`${PREFIX}samples_total`]: attempted,
    [`${PREFIX}samples_failed_total`]: attempted * signals.failedRatio,
    [`${PREFIX}samples_retried_total`]: attempted * signals.retriedRatio,
    [`${PREFIX}samples_pending`]: signals.pending,
    [`${PREFIX}queue_highest_sent_timestamp_seconds`]: now.getTime() / 1_000 - signals.lagSeconds,
    [`${PREFIX}shards_desired`]: signals.shardsDesired,
    [`${PREFIX}shards_max`]: signals.shardsMax,
  };
  return Object.entries(values).map(([name, value]) => ({ name, labels: { remote_name: 'thanos-receive' }, value }));
}

import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import type { Sample } from '../prometheus/gateway';
import { readAnswering } from '../two-looks';
import { READS_WORKLOAD, readWorkload, type PodView } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('receiver').describe('Role of the receivers.') });

/** Between the two looks, in milliseconds, times the time factor: receivers look at the file every five minutes, and whenever it changes. */
const INTERVAL_MS = 5_000;
const SHORTEST_INTERVAL_MS = 1_000;
const WAITING_SHARE = 0.5;

interface Reading {
  pod: string;
  hash: number | undefined;
  nodes: number | undefined;
  /** Rings that take named tenants only. */
  tenantRings: number;
  errors: number;
  reloadedAt: number | undefined;
  replicationFactor: number | undefined;
}

/** The ring that each running receiver goes by. Not only ready ones are asked: one that reloads its ring is not ready. */
export const hashringProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.hashring',
  title: 'The ring that each running receiver goes by, and whether it could read its file: hash, members, errors, time of the last change',
  input: INPUT,
  fields: {
    answering: { type: 'number', unit: 'count', text: 'running receivers that were read' },
    silent: { type: 'list', text: 'running receivers that did not answer' },
    oneHashring: { type: 'boolean|null', text: 'all go by the same file; null when fewer than two answered' },
    nodes: { type: 'number|null', unit: 'count', text: 'members of the ring; the smallest where they differ' },
    mostNodes: { type: 'number|null', unit: 'count', text: 'members of the ring; the largest where they differ' },
    tenantRings: { type: 'number', unit: 'count', text: 'rings that take named tenants only' },
    fileErrors: { type: 'number', unit: 'count', text: 'times that a receiver could not use its file, since they started' },
    fileErrorsRising: { type: 'boolean', text: 'a receiver could not use its file between the two looks' },
    changedSecondsAgo: { type: 'number|null', unit: 'seconds', text: 'since the latest change that a receiver took up' },
    changeSpreadSeconds: { type: 'number|null', unit: 'seconds', text: 'between the first and the last receiver’s latest change' },
    replicationFactor: { type: 'number|null', unit: 'count', text: 'the largest that a receiver works with' },
    oneReplicationFactor: { type: 'boolean|null', text: 'all work with the same one' },
    windowSeconds: { type: 'number', unit: 'seconds', text: 'time between the two looks' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }, { timeoutMs }) {
    const target = targetOf(access, role);
    const running = (await readWorkload(access, target)).pods.filter((pod) => pod.running && pod.state !== 'terminating');
    const look = () => readAnswering(access, target, running, ({ name }, samples) => toReading(name, samples));
    const before = await look();
    const interval = before.length === 0 ? 0 : Math.min(Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor), timeoutMs * WAITING_SHARE);
    if (interval > 0) await access.clock.sleep(interval);
    const after = interval > 0 ? await look() : before;
    return describe(running, before, after, interval / 1_000, access.clock.now().getTime() / 1_000);
  },
};

function toReading(pod: string, samples: readonly Sample[]): Reading {
  const only = (name: string) => samples.find((sample) => sample.name === name)?.value;
  const sum = (name: string) => samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0);
  const nodes = samples.filter(({ name }) => name === 'thanos_receive_hashring_nodes').map(({ value }) => value);
  return {
    pod,
    hash: only('thanos_receive_config_hash'),
    nodes: nodes.length > 0 ? Math.min(...nodes) : undefined,
    tenantRings: samples.filter(({ name, value }) => name === 'thanos_receive_hashring_tenants' && value > 0).length,
    errors: sum('thanos_receive_hashrings_file_errors_total'),
    reloadedAt: only('thanos_receive_config_last_reload_success_timestamp_seconds'),
    replicationFactor: only('thanos_receive_replication_factor'),
  };
}

function describe(running: readonly PodView[], before: readonly Reading[], after: readonly Reading[], windowSeconds: number, now: number) {
  const known = (field: 'hash' | 'nodes' | 'reloadedAt' | 'replicationFactor') => after.map((reading) => reading[field]).filter((value) => value !== undefined);
  const [hashes, nodes, reloads, factors] = [known('hash'), known('nodes'), known('reloadedAt'), known('replicationFactor')];
  const silent = running.map(({ name }) => name).filter((name) => !after.some(({ pod }) => pod === name));
  const one = hashes.length > 1 ? new Set(hashes).size === 1 : null;
  const fileErrors = after.reduce((total, { errors }) => total + errors, 0);
  const rising = after.some(({ pod, errors }) => errors > (before.find((reading) => reading.pod === pod)?.errors ?? errors));
  const members = nodes.length > 0 ? [Math.min(...nodes), Math.max(...nodes)] as const : undefined;
  return {
    fields: {
      answering: after.length,
      silent,
      oneHashring: one,
      nodes: members?.[0] ?? null,
      mostNodes: members?.[1] ?? null,
      tenantRings: Math.max(0, ...after.map(({ tenantRings }) => tenantRings)),
      fileErrors,
      fileErrorsRising: rising,
      changedSecondsAgo: reloads.length > 0 ? Math.max(0, Math.round(now - Math.max(...reloads))) : null,
      changeSpreadSeconds: reloads.length > 0 ? Math.round(Math.max(...reloads) - Math.min(...reloads)) : null,
      replicationFactor: factors.length > 0 ? Math.max(...factors) : null,
      oneReplicationFactor: factors.length > 1 ? new Set(factors).size === 1 : null,
      windowSeconds,
    },
    summary: after.length === 0
      ? 'No receiver runs, so none says which ring it goes by.'
      : `${after.length} receivers go by ${one === false ? 'different rings' : 'one ring'} of ${members ? (members[0] === members[1] ? members[0] : `${members[0]} to ${members[1]}`) : 'unknown'} members${fileErrors > 0 ? `; their file could not be used ${fileErrors} times` : ''}.`,
    table: {
      columns: ['receiver', 'ring file', 'members', 'file errors', 'changed'],
      rows: after.map(({ pod, hash, nodes: size, errors, reloadedAt }) => [pod, String(hash ?? 'unknown'), String(size ?? 'unknown'), String(errors), reloadedAt === undefined ? 'unknown' : new Date(reloadedAt * 1_000).toISOString()]),
    },
  };
}

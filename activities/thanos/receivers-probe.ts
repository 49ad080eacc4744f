import { z } from 'zod';
import { failure } from '../../workflows/contracts';
import { portOf, targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import type { Sample } from '../prometheus/gateway';
import { READS_WORKLOAD, readWorkload, type PodView } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('receiver').describe('Role of the receivers.') });

/** Between the two looks, in milliseconds, times the time factor; an agent's batch leaves at least every 5 s. */
const INTERVAL_MS = 6_000;
const SHORTEST_INTERVAL_MS = 2_000;
const WAITING_SHARE = 0.6;

interface Reading {
  pod: string;
  requests: number;
  serverErrors: number;
  forwards: number;
  forwardErrors: number;
  nodes: number | undefined;
  configHash: number | undefined;
}

/** What ready receivers say about themselves: refused writes, errors towards each other, their rings. */
export const receiversProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.receivers',
  title: 'The ready receivers’ own metrics: refused writes, forward errors, hashring',
  input: INPUT,
  fields: {
    answering: { type: 'number', unit: 'count', text: 'ready receivers that were read' },
    serverErrorRatio: { type: 'number|null', unit: 'ratio', text: '5xx of the write requests; null when there were none' },
    forwardErrorRatio: { type: 'number|null', unit: 'ratio', text: 'failed of the requests from receiver to receiver; null when there were none' },
    requestsPerSecond: { type: 'number', unit: 'per second', text: 'write requests' },
    hashringNodes: { type: 'number|null', unit: 'count', text: 'members of the ring as the receivers see it; the smallest where they differ' },
    oneHashring: { type: 'boolean|null', text: 'all have read the same hashring file; null when that cannot be read' },
    windowSeconds: { type: 'number', unit: 'seconds', text: 'time between the two looks' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }, { timeoutMs }) {
    const target = targetOf(access, role);
    const ready = (await readWorkload(access, target)).pods.filter((pod) => pod.ready);
    if (ready.length === 0) {
      return {
        fields: { answering: 0, serverErrorRatio: null, forwardErrorRatio: null, requestsPerSecond: 0, hashringNodes: null, oneHashring: null, windowSeconds: 0 },
        summary: 'No receiver is ready, so none can be asked.',
      };
    }
    const interval = Math.min(Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor), timeoutMs * WAITING_SHARE);
    const before = await readAll(access, target, ready);
    await access.clock.sleep(interval);
    const after = await readAll(access, target, ready);
    return describe(before, after, interval / 1000);
  },
};

async function readAll(access: ClusterAccess, target: Target, pods: readonly PodView[]): Promise<Reading[]> {
  const port = portOf(target, 'metrics');
  return Promise.all(pods.map(async ({ name }) => toReading(name, await access.metrics.scrape({ namespace: target.namespace, name, port }))));
}

function toReading(pod: string, samples: readonly Sample[]): Reading {
  if (!samples.some(({ name }) => name.startsWith('thanos_'))) {
    throw failure('UpstreamRejected', `The metrics of Pod ${pod} are not those of Thanos; check the receiver’s metrics port in the configuration`);
  }
  const sum = (name: string, matches: (labels: Record<string, string>) => boolean = () => true) =>
    samples.filter((sample) => sample.name === name && matches(sample.labels)).reduce((total, { value }) => total + value, 0);
  const only = (name: string) => samples.find((sample) => sample.name === name)?.value;
  const isReceive = ({ handler }: Record<string, string>) => handler === 'receive';
  return {
    pod,
    requests: sum('http_requests_total', isReceive),
    serverErrors: sum('http_requests_total', (labels) => isReceive(labels) && /^5/.test(labels['code'] ?? '')),
    forwards: sum('thanos_receive_forward_requests_total'),
    forwardErrors: sum('thanos_receive_forward_requests_total', ({ result }) => result === 'error'),
    nodes: only('thanos_receive_hashring_nodes'),
    configHash: only('thanos_receive_config_hash'),
  };
}

function describe(before: readonly Reading[], after: readonly Reading[], windowSeconds: number) {
  const delta = (field: 'requests' | 'serverErrors' | 'forwards' | 'forwardErrors') =>
    // A counter that began anew in between counts from zero.
    after.reduce((total, reading, index) => total + (reading[field] >= before[index]![field] ? reading[field] - before[index]![field] : reading[field]), 0);
  const [requests, serverErrors, forwards, forwardErrors] = [delta('requests'), delta('serverErrors'), delta('forwards'), delta('forwardErrors')];
  const nodes = after.map((reading) => reading.nodes).filter((value) => value !== undefined);
  const hashes = after.map((reading) => reading.configHash).filter((value) => value !== undefined);
  const serverErrorRatio = requests > 0 ? serverErrors / requests : null;
  const forwardErrorRatio = forwards > 0 ? forwardErrors / forwards : null;
  return {
    fields: {
      answering: after.length,
      serverErrorRatio,
      forwardErrorRatio,
      requestsPerSecond: requests / windowSeconds,
      hashringNodes: nodes.length > 0 ? Math.min(...nodes) : null,
      oneHashring: hashes.length > 0 ? new Set(hashes).size === 1 : null,
      windowSeconds,
    },
    summary: `${after.length} ready receivers answered ${share(serverErrorRatio)} of their write requests with 5xx, and failed to forward ${share(forwardErrorRatio)}, over ${Math.round(windowSeconds)} s.`,
    table: { columns: ['receiver', 'ring members', 'ring file'], rows: after.map(({ pod, nodes: members, configHash }) => [pod, String(members ?? 'unknown'), String(configHash ?? 'unknown')]) },
  };
}

function share(ratio: number | null): string {
  return ratio === null ? 'none (there were no requests)' : `${(ratio * 100).toFixed(1)} %`;
}

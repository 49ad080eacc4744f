/** What an incident leaves behind, in a form in which two incidents can be compared. */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { DirectoryRecordStore } from '../../activities/records/directory-store';
import { parseRecord } from '../../activities/records/record-schema';
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import { FAILURE_DOMAINS, leaseWorkflowId, type IncidentStatus, type JsonObject } from '../../workflows/contracts';
import { leaseStatus } from '../../workflows/contracts/lease-messages';
import { NAMESPACE, WATCHED_KINDS } from './incident';
import type { Lane } from './lane';
import type { PracticeApi } from './practice-api';

export interface Trace {
  outcome: string;
  rootCause: string;
  /** What the API server carried out, in order: "patch StatefulSet monitoring/thanos-receive /spec/…". */
  mutations: string[];
  /** What the record says was done, in order: "restore-receiver-template: delete-thanos-receive-2". */
  steps: string[];
  /** How many of them found their work done. */
  unchanged: number;
  /** Kind/name → what matters of the object. */
  objects: Record<string, string>;
  /** "receive is held by …" for each lease that somebody holds or waits for. */
  leasesLeft: string[];
}

/** Queries need a worker that answers; one that was killed last is back within this. */
const LEASE_PATIENCE_MS = 30_000;

/** @throws Error when no record was written */
export async function traceOf(lane: Lane, api: PracticeApi, cluster: string, publicId: string): Promise<Trace> {
  const text = await new DirectoryRecordStore(lane.recordsDir).read(publicId, 'record.json');
  if (text === undefined) throw new Error('no record was written');
  const { incident } = parseRecord(text, `the record ${publicId}`);
  const objects = await api.objects(cluster, WATCHED_KINDS, NAMESPACE);
  return {
    outcome: incident.outcome ?? 'none',
    rootCause: incident.rootCause ?? 'none',
    mutations: api.audit(cluster).map(({ verb, object, paths }) => [verb, object.kind, `${object.namespace}/${object.name}`, ...(paths ?? [])].join(' ')),
    steps: incident.mutations.map((mutation) => `${remedyOf(incident, mutation.planId)}: ${mutation.step}`),
    unchanged: incident.mutations.filter(({ result }) => result === 'unchanged').length,
    objects: Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, essenceOf(object)])),
    leasesLeft: await leasesLeft(lane, cluster),
  };
}

/** Every way in which a run differs from the one that nobody killed, as sentences. */
export function differences(expected: Trace, found: Trace): string[] {
  const differs = (what: string, wanted: unknown, had: unknown) => (JSON.stringify(wanted) === JSON.stringify(had) ? [] : [`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(had)}`]);
  const names = [...new Set([...Object.keys(expected.objects), ...Object.keys(found.objects)])];
  return [
    ...differs('outcome', expected.outcome, found.outcome),
    ...differs('root cause', expected.rootCause, found.rootCause),
    ...differs('mutations in the audit log', expected.mutations, found.mutations),
    ...differs('steps in the record', expected.steps, found.steps),
    ...names.flatMap((name) => differs(name, expected.objects[name], found.objects[name])),
    ...found.leasesLeft,
  ];
}

function remedyOf({ plans }: Pick<IncidentStatus, 'plans'>, planId: string): string {
  return plans.flatMap((result) => (result.kind === 'planned' && result.plan.id === planId ? [result.plan.remedy] : []))[0] ?? planId;
}

/** What somebody decided about an object, and whether a pod is ready; never what differs between two clusters made alike. */
function essenceOf(object: KubernetesObject): string {
  const { spec, data, metadata, status } = object as JsonObject as { spec?: JsonObject; data?: JsonObject; metadata: { labels?: JsonObject }; status?: { conditions?: Array<{ type: string; status: string }> } };
  const { clusterIP: _clusterIP, ...decided } = spec ?? {};
  const ready = object.kind === 'Pod' ? status?.conditions?.find(({ type }) => type === 'Ready')?.status : undefined;
  return JSON.stringify({ decided, data, labels: metadata.labels, ready });
}

async function leasesLeft(lane: Lane, cluster: string): Promise<string[]> {
  const left: string[] = [];
  for (const domain of FAILURE_DOMAINS) {
    const status = await askLease(lane, leaseWorkflowId(cluster, domain));
    if (status?.holder) left.push(`the lease of ${domain} is still held by ${status.holder}`);
    if (status && status.queue.length > 0) left.push(`${status.queue.join(', ')} still wait for the lease of ${domain}`);
  }
  return left;
}

/** Undefined where nobody has ever asked for it. */
async function askLease({ client }: Lane, workflowId: string) {
  for (const deadline = Date.now() + LEASE_PATIENCE_MS; ; await delay(200)) {
    try {
      return await client.withDeadline(Date.now() + 5_000, () => client.workflow.getHandle(workflowId).query(leaseStatus));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      if (Date.now() > deadline) throw error;
    }
  }
}

import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Probe, ProbeAnswer } from '../probe';
import { readyNeeded, writeQuorum } from '../quorum';
import { findWorkload, READS_WORKLOAD, unique, type PodState, type PodView, type Workload } from '../workload';

const INPUT = z.strictObject({ target: z.string().describe('Role of a StatefulSet, Deployment or DaemonSet.') });

/** How the pods of one workload are, and what tells the broken from the healthy ones: their template revisions. */
export const podsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.pods',
  title: 'The pods of a workload: readiness, quorum, restarts, and whether broken pods share their template revision with healthy ones',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the workload itself is there' },
    members: { type: 'number', unit: 'count', text: 'pods there should be' },
    ready: { type: 'number', unit: 'count', text: 'pods that are ready' },
    notReady: { type: 'number', unit: 'count', text: 'members that are not ready, absent ones included' },
    broken: { type: 'number', unit: 'count', text: 'pods that fail again and again (crash loop, image, configuration), not those that only start' },
    starting: { type: 'number', unit: 'count', text: 'pods on their way to ready' },
    stuck: { type: 'number', unit: 'count', text: 'pods that run without restarts and have not been ready for ten minutes' },
    pending: { type: 'number', unit: 'count', text: 'pods that no node takes' },
    terminating: { type: 'number', unit: 'count', text: 'pods that are being removed' },
    missing: { type: 'number', unit: 'count', text: 'members without a pod' },
    readyNames: { type: 'list', text: 'names of ready pods' },
    notReadyNames: { type: 'list', text: 'names of pods that are not ready' },
    brokenNames: { type: 'list', text: 'names of broken pods' },
    waitingReasons: { type: 'list', text: 'why containers wait: CrashLoopBackOff, ImagePullBackOff, …' },
    terminatedReasons: { type: 'list', text: 'how containers ended uncleanly: "Error (1)", "OOMKilled (137)"' },
    oomKilled: { type: 'boolean', text: 'a container of a pod that is not ready was killed for want of memory' },
    restarts: { type: 'number', unit: 'count', text: 'most restarts of one container' },
    writeQuorum: { type: 'number|null', unit: 'count', text: 'receivers that must take a sample; null for other roles' },
    readyNeeded: { type: 'number|null', unit: 'count', text: 'receivers that must be ready for every series to find its quorum; null for other roles' },
    quorumHolds: { type: 'boolean|null', text: 'enough receivers are ready to take every write; null for other roles' },
    brokenShareRevisionWithHealthy: { type: 'boolean|null', text: 'true: every broken pod has a template revision that a ready pod has too; false: none has; null: mixed, or nothing to compare' },
    brokenOnUpdateRevision: { type: 'boolean|null', text: 'every broken pod is on the newest template; null when none is broken' },
    newPodsGetHealthyRevision: { type: 'boolean|null', text: 'a pod made now would get a template that a ready pod has; null when none is ready' },
    updateRevision: { type: 'text|null', text: 'revision that new pods get' },
    currentRevision: { type: 'text|null', text: 'revision that is rolled out from' },
    rolloutStuck: { type: 'boolean', text: 'a rollout is under way and a pod on its new revision is broken: it never ends by itself' },
    rolloutComplete: { type: 'boolean', text: 'every member is ready on the newest revision, and the controller has seen the newest spec' },
  },
  rbac: [...READS_WORKLOAD],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const workload = await findWorkload(access, target);
    const name = `${target.kind} ${target.namespace}/${target.name}`;
    return workload ? describe(access, role, name, workload) : absent(access, role, name);
  },
};

function describe(access: ClusterAccess, role: string, name: string, workload: Workload): ProbeAnswer {
  const { pods, members } = workload;
  const ready = pods.filter((pod) => pod.ready);
  const others = pods.filter((pod) => !pod.ready);
  const broken = inState(pods, 'broken');
  const missing = Math.max(0, members - pods.length);
  return {
    fields: {
      exists: true,
      members,
      ready: ready.length,
      notReady: others.length + missing,
      broken: broken.length,
      starting: inState(pods, 'starting').length,
      stuck: inState(pods, 'stuck').length,
      pending: inState(pods, 'pending').length,
      terminating: inState(pods, 'terminating').length,
      missing,
      readyNames: ready.map((pod) => pod.name),
      notReadyNames: others.map((pod) => pod.name),
      brokenNames: broken.map((pod) => pod.name),
      waitingReasons: unique(pods.flatMap((pod) => pod.waitingReasons)),
      terminatedReasons: unique(others.flatMap((pod) => pod.terminatedReasons)),
      oomKilled: others.some((pod) => pod.terminatedReasons.some((reason) => reason.startsWith('OOMKilled'))),
      restarts: Math.max(0, ...pods.map((pod) => pod.restarts)),
      ...quorumFields(access, role, members, ready.length),
      ...revisionFields(workload, ready, broken),
    },
    summary: summarize(name, members, ready, others, missing),
    table: { columns: ['pod', 'state', 'restarts', 'why', 'revision', 'node'], rows: pods.map(toRow) },
  };
}

function absent(access: ClusterAccess, role: string, name: string): ProbeAnswer {
  return {
    fields: {
      exists: false, members: 0, ready: 0, notReady: 0, broken: 0, starting: 0, stuck: 0, pending: 0, terminating: 0, missing: 0,
      readyNames: [], notReadyNames: [], brokenNames: [], waitingReasons: [], terminatedReasons: [], oomKilled: false, restarts: 0,
      ...quorumFields(access, role, 0, 0),
      brokenShareRevisionWithHealthy: null, brokenOnUpdateRevision: null, newPodsGetHealthyRevision: null, updateRevision: null,
      currentRevision: null, rolloutStuck: false, rolloutComplete: false,
    },
    summary: `There is no ${name}.`,
  };
}

function inState(pods: readonly PodView[], state: PodState): PodView[] {
  return pods.filter((pod) => pod.state === state);
}

function quorumFields({ config }: ClusterAccess, role: string, members: number, ready: number) {
  if (role !== 'receiver') return { writeQuorum: null, readyNeeded: null, quorumHolds: null };
  const needed = readyNeeded(members, config.replicationFactor);
  return { writeQuorum: writeQuorum(config.replicationFactor), readyNeeded: needed, quorumHolds: ready >= needed };
}

function revisionFields({ object, members, updateRevision, currentRevision }: Workload, ready: readonly PodView[], broken: readonly PodView[]) {
  const healthy = new Set(ready.map((pod) => pod.revision));
  const shared = broken.filter((pod) => healthy.has(pod.revision)).length;
  const comparable = broken.length > 0 && healthy.size > 0 && (shared === 0 || shared === broken.length);
  const status = (object['status'] ?? {}) as { observedGeneration?: number };
  const seen = (status.observedGeneration ?? 0) >= Number(object.metadata['generation'] ?? 0);
  const onUpdate = ready.filter((pod) => pod.revision === updateRevision).length;
  return {
    brokenShareRevisionWithHealthy: comparable ? shared > 0 : null,
    brokenOnUpdateRevision: broken.length > 0 && updateRevision !== undefined ? broken.every((pod) => pod.revision === updateRevision) : null,
    newPodsGetHealthyRevision: healthy.size > 0 && updateRevision !== undefined ? healthy.has(updateRevision) : null,
    updateRevision: updateRevision ?? null,
    currentRevision: currentRevision ?? null,
    rolloutStuck: updateRevision !== currentRevision && broken.some((pod) => pod.revision === updateRevision),
    rolloutComplete: seen && onUpdate >= members,
  };
}

function summarize(name: string, members: number, ready: readonly PodView[], others: readonly PodView[], missing: number): string {
  if (others.length + missing === 0) return `All ${members} pods of ${name} are ready.`;
  const named = others.map((pod) => `${pod.name} (${[pod.state, ...pod.waitingReasons].join(', ')})`);
  if (missing > 0) named.push(`${missing} without a pod`);
  return `${ready.length} of ${members} pods of ${name} are ready; not ready: ${named.join('; ')}.`;
}

function toRow(pod: PodView): string[] {
  return [pod.name, pod.state, String(pod.restarts), [...pod.waitingReasons, ...pod.terminatedReasons].join(', '), pod.revision ?? '', pod.node];
}

import { z } from 'zod';
import type { ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { findWorkload, READS_WORKLOAD, unique, viewPod, type PodView, type Workload } from '../workload';
import { absenceOf } from './absence';
import { namespacesOf, ROLES_INPUT, some, workloadsAmong, type RoleTarget } from '../survey';

const INPUT = z.strictObject({ targets: ROLES_INPUT });

/** A container that was started again within this time is not stable yet (domain 6). In milliseconds, times the time factor. */
const UNSTABLE_MS = 5 * 60_000;

interface Found extends RoleTarget {
  workload: Workload;
}

/** The first line of every checklist: are the pods Running and Ready, of every workload at once. */
export const workloadsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.workloads',
  title: 'The pods of all workloads at once: which are not ready, which restart, which rollouts are not complete',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'none of the roles is a workload of this cluster' },
    workloads: { type: 'number', unit: 'count', text: 'workloads that were found' },
    pods: { type: 'number', unit: 'count', text: 'pods that there should be' },
    readyPods: { type: 'number', unit: 'count', text: 'of these, pods that are ready' },
    absent: { type: 'list', text: 'roles whose workload should be there and is not' },
    unused: { type: 'list', text: 'roles whose workload is neither there nor in the desired state' },
    notReady: { type: 'list', text: 'roles of which a pod is missing or not ready' },
    notReadyPods: { type: 'list', text: 'pods that are not ready; those of no configured workload among them' },
    broken: { type: 'list', text: 'roles with a pod that fails again and again' },
    pending: { type: 'list', text: 'roles with a pod that no node takes' },
    oomKilled: { type: 'list', text: 'roles with a pod that was killed for want of memory' },
    restartedLately: { type: 'list', text: 'pods with a container that ended and was started again within the last five minutes' },
    incomplete: { type: 'list', text: 'roles whose rollout is not complete, or whose controller has not seen the newest spec' },
    waitingReasons: { type: 'list', text: 'why containers wait: CrashLoopBackOff, ImagePullBackOff, …' },
    terminatedReasons: { type: 'list', text: 'how containers ended uncleanly: "Error (1)", "OOMKilled (137)"' },
  },
  rbac: [...READS_WORKLOAD],
  async ask(access, { targets: roles }) {
    const wanted = workloadsAmong(access, roles);
    const looked = await Promise.all(wanted.map(async (item) => ({ ...item, workload: await findWorkload(access, item.target) })));
    const found = looked.filter((item): item is Found => item.workload !== undefined);
    const gone = await Promise.all(looked.filter(({ workload }) => !workload).map(async (item) => ({ role: item.role, absence: await absenceOf(access, item) })));
    const strangers = roles ? [] : await strangersIn(access, found);
    return answer(access, found, gone, strangers);
  },
};

/** Pods of the pipeline's namespaces that belong to no configured workload: those of them that are not well. */
async function strangersIn(access: ClusterAccess, found: readonly Found[]): Promise<PodView[]> {
  const known = new Set(found.flatMap(({ workload }) => workload.pods.map(({ uid }) => uid)));
  const now = access.clock.now().getTime();
  const lists = await Promise.all(namespacesOf(access).map((namespace) => access.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, namespace)));
  // What has run to its end, such as the pod of a Job, is not expected to be ready.
  const unfinished = lists.flat().filter((pod) => (pod['status'] as { phase?: string } | undefined)?.phase !== 'Succeeded');
  return unfinished.map((pod) => viewPod(pod, now, access.config.timeFactor)).filter((pod) => !pod.ready && !known.has(pod.uid));
}

function answer(access: ClusterAccess, found: readonly Found[], gone: ReadonlyArray<{ role: string; absence: 'absent' | 'unused' }>, strangers: readonly PodView[]) {
  const pods = found.flatMap(({ role, workload }) => workload.pods.map((pod) => ({ role, pod })));
  const rolesWith = (matches: (pod: PodView) => boolean) => unique(pods.filter(({ pod }) => matches(pod)).map(({ role }) => role));
  const expected = found.reduce((total, { workload }) => total + workload.members, 0);
  const ready = found.reduce((total, { workload }) => total + Math.min(workload.members, workload.pods.filter((pod) => pod.ready).length), 0);
  const unwell = [...pods.filter(({ pod }) => !pod.ready).map(({ pod }) => pod), ...strangers];
  const short = found.filter(({ workload }) => workload.pods.filter((pod) => pod.ready).length < workload.members || workload.pods.some((pod) => !pod.ready));
  const absent = gone.filter(({ absence }) => absence === 'absent').map(({ role }) => role);
  const unused = gone.filter(({ absence }) => absence === 'unused').map(({ role }) => role);
  const everyone = [...pods.map(({ pod }) => pod), ...strangers];
  return {
    fields: {
      notApplicable: found.length + gone.length === 0 || (found.length === 0 && absent.length === 0),
      workloads: found.length,
      pods: expected,
      readyPods: ready,
      absent,
      unused,
      notReady: short.map(({ role }) => role),
      notReadyPods: unwell.map(({ name }) => name),
      broken: rolesWith(({ state }) => state === 'broken'),
      pending: rolesWith(({ state }) => state === 'pending'),
      oomKilled: rolesWith(({ terminatedReasons }) => terminatedReasons.some((reason) => reason.startsWith('OOMKilled'))),
      restartedLately: everyone.filter((pod) => restartedLately(access, pod)).map(({ name }) => name),
      incomplete: found.filter(({ workload }) => !isComplete(workload)).map(({ role }) => role),
      waitingReasons: unique(everyone.flatMap(({ waitingReasons }) => waitingReasons)),
      terminatedReasons: unique(everyone.flatMap(({ terminatedReasons }) => terminatedReasons)),
    },
    summary: sentence(expected, ready, found, unwell, absent, unused),
    table: {
      columns: ['pod', 'state', 'restarts', 'reasons', 'node'],
      rows: [...everyone].sort((a, b) => Number(a.ready) - Number(b.ready) || b.restarts - a.restarts).map((pod) => [pod.name, pod.state, String(pod.restarts), [...pod.waitingReasons, ...pod.terminatedReasons].join(', '), pod.node]),
    },
  };
}

function sentence(expected: number, ready: number, found: readonly Found[], unwell: readonly PodView[], absent: readonly string[], unused: readonly string[]): string {
  const bare = found.filter(({ workload }) => workload.pods.length < workload.members).map(({ role, workload }) => `${role} lacks ${workload.members - workload.pods.length}`);
  const parts = [
    `${ready} of ${expected} pods of ${found.length} workloads are ready`,
    ...(unwell.length > 0 ? [`not ready: ${some(unwell.map((pod) => `${pod.name} (${[pod.state, ...pod.waitingReasons].join(', ')})`))}`] : []),
    ...(bare.length > 0 ? [`pods missing: ${some(bare)}`] : []),
    ...(absent.length > 0 ? [`not there at all: ${some(absent)}`] : []),
    ...(unused.length > 0 ? [`not used here: ${unused.join(', ')}`] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** The controller has seen the newest spec, and every pod is of it. */
function isComplete({ object, members, pods, updateRevision }: Workload): boolean {
  const status = (object['status'] ?? {}) as { observedGeneration?: number };
  const seen = (status.observedGeneration ?? 0) >= Number(object.metadata['generation'] ?? 0);
  if (object.kind === 'DaemonSet') return seen;
  const onUpdate = pods.filter((pod) => pod.ready && (updateRevision === undefined || pod.revision === updateRevision)).length;
  // Not by currentRevision: with the strategy OnDelete the controller never brings that up to date.
  return seen && onUpdate >= members;
}

function restartedLately({ clock, config }: ClusterAccess, { object }: PodView): boolean {
  const { containerStatuses = [] } = (object['status'] ?? {}) as { containerStatuses?: Array<{ restartCount?: number; state?: { running?: { startedAt?: string } } }> };
  const since = clock.now().getTime() - UNSTABLE_MS * config.timeFactor;
  return containerStatuses.some(({ restartCount = 0, state }) => restartCount > 0 && Date.parse(state?.running?.startedAt ?? '') > since);
}

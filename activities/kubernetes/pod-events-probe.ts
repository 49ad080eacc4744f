import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { findWorkload, READS_WORKLOAD, textOf, unique, type PodView, type Workload } from '../workload';
import type { KubernetesObject } from './gateway';
import { classesOf, EVENT_CLASSES } from './pod-events';

const INPUT = z.strictObject({ target: z.string().describe('Role of the workload whose pods do not start.') });

const LONGEST_MESSAGE = 240;
const MOST_MESSAGES = 12;

interface Said {
  about: string;
  reason: string;
  message: string;
}

interface ContainerStatus {
  image?: string;
  state?: { waiting?: { reason?: string; message?: string } };
}

/** Why pods of a workload do not start: what scheduler, kubelet, volume controllers and their own statuses say. */
export const podEventsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.podEvents',
  title: 'Why the pods of a workload do not start: warning events, messages of waiting containers, volume claims',
  input: INPUT,
  fields: {
    matched: { type: 'list', text: `classes of what is said: ${Object.keys(EVENT_CLASSES).join(', ')}` },
    messages: { type: 'list', text: 'what is said, once each, cut and redacted' },
    images: { type: 'list', text: 'images of containers that wait' },
    unboundClaims: { type: 'list', text: 'volume claims of these pods that have no volume, or are not there' },
    pods: { type: 'list', text: 'pods that are not ready' },
  },
  rbac: [
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['events'], verbs: ['list'] },
    { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] },
  ],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const workload = await findWorkload(access, target);
    if (!workload) return { fields: { matched: [], messages: [], images: [], unboundClaims: [], pods: [] }, summary: `There is no ${target.kind} ${target.namespace}/${target.name}, so nothing is said of its pods.` };
    const waiting = workload.pods.filter((pod) => !pod.ready && pod.state !== 'terminating');
    const [events, unboundClaims] = await Promise.all([eventsAbout(access, target, workload, waiting), unboundOf(access, target, waiting)]);
    const said = [...waiting.flatMap(saidByStatus), ...events];
    const matched = unique([...said.flatMap(({ reason, message }) => classesOf(`${reason} ${message}`)), ...(unboundClaims.length > 0 ? ['volumeUnbound'] : [])]);
    const messages = unique(said.map(({ message }) => plainLine(message, LONGEST_MESSAGE))).slice(0, MOST_MESSAGES);
    return {
      fields: { matched, messages, images: unique(waiting.flatMap(imagesOf)), unboundClaims, pods: waiting.map(({ name }) => name) },
      summary: summarize(role, waiting, matched, messages),
      ...(said.length > 0 && { table: { columns: ['about', 'reason', 'message'], rows: said.map(({ about, reason, message }) => [about, plainLine(reason, 60), plainLine(message, 120)]) } }),
    };
  },
};

function summarize(role: string, waiting: readonly PodView[], matched: readonly string[], messages: readonly string[]): string {
  if (waiting.length === 0) return `Every pod of ${role} is ready${messages.length > 0 ? `; of the workload itself is said: ${messages[0]}` : ''}.`;
  const names = waiting.map(({ name }) => name).join(', ');
  if (matched.length === 0) return `Nothing that is known is said of why ${names} is not ready.`;
  return `${names}: ${matched.map((name) => EVENT_CLASSES[name as keyof typeof EVENT_CLASSES].text).join('; ')}.`;
}

/** Events last an hour; what a container waits for and why a pod is not placed stands in its status for as long as it is so. */
function saidByStatus({ name, object }: PodView): Said[] {
  const { conditions = [], containerStatuses = [], initContainerStatuses = [] } = (object['status'] ?? {}) as { conditions?: Array<{ type: string; status: string; reason?: string; message?: string }>; containerStatuses?: ContainerStatus[]; initContainerStatuses?: ContainerStatus[] };
  const placed = conditions.filter(({ type, status, message }) => type === 'PodScheduled' && status === 'False' && message !== undefined);
  const containers = [...initContainerStatuses, ...containerStatuses].flatMap(({ state }) => (state?.waiting?.message ? [state.waiting] : []));
  return [...placed, ...containers].map(({ reason = '', message = '' }) => ({ about: `Pod ${name}`, reason, message }));
}

function imagesOf({ object }: PodView): string[] {
  const { containerStatuses = [], initContainerStatuses = [] } = (object['status'] ?? {}) as { containerStatuses?: ContainerStatus[]; initContainerStatuses?: ContainerStatus[] };
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ image, state }) => (image && state?.waiting ? [image] : []));
}

/** Of these very pods (a predecessor's events are not theirs), of their claims, and of the workload that may not even make them. */
async function eventsAbout(access: ClusterAccess, target: Target, workload: Workload, waiting: readonly PodView[]): Promise<Said[]> {
  if (waiting.length === 0 && workload.pods.length >= workload.members) return [];
  const claims = waiting.flatMap(claimsOf);
  const events = await access.kubernetes.list({ apiVersion: 'v1', kind: 'Event' }, target.namespace);
  return events.flatMap((event): Said[] => {
    const { involvedObject = {}, reason = '', message = '', type } = event as unknown as { involvedObject?: { kind?: string; name?: string; uid?: string }; reason?: string; message?: string; type?: string };
    const { kind = '', name = '', uid } = involvedObject;
    const concerns =
      (kind === 'Pod' && waiting.some((pod) => (uid ? pod.uid === uid : pod.name === name))) ||
      (kind === 'PersistentVolumeClaim' && claims.includes(name)) ||
      (kind === target.kind && name === target.name && workload.pods.length < workload.members);
    return type === 'Warning' && concerns ? [{ about: `${kind} ${name}`, reason, message }] : [];
  });
}

function claimsOf({ object }: PodView): string[] {
  const volumes = ((object['spec'] ?? {}) as { volumes?: Array<{ persistentVolumeClaim?: { claimName?: string } }> }).volumes ?? [];
  return unique(volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName));
}

async function unboundOf(access: ClusterAccess, target: Target, waiting: readonly PodView[]): Promise<string[]> {
  const names = unique(waiting.flatMap(claimsOf));
  const claims = await Promise.all(names.map((name) => access.kubernetes.read({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: target.namespace, name })));
  return names.filter((_name, index) => phaseOf(claims[index]) !== 'Bound');
}

function phaseOf(claim: KubernetesObject | undefined): string {
  return textOf(((claim?.['status'] ?? {}) as { phase?: string }).phase);
}

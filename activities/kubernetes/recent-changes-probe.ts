import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { textOf } from '../workload';
import { FIELD_MANAGER, type KubernetesObject } from './gateway';

const INPUT = z.strictObject({
  targets: z.array(z.string()).min(1).describe('Roles of the objects to look at.'),
  within: z.number().int().min(1).max(1440).default(60).describe('How long before the incident a change counts as recent, in minutes.'),
});

interface Change {
  at: string;
  role?: string;
  object: string;
  /** managedFields' manager, or the event's reason. */
  what: string;
  kind: 'edit' | 'creation' | 'revision' | 'event';
  message: string;
}

/** The cluster's own machinery. Controllers that bring what somebody wants (argocd-controller, kustomize-controller) are authors like any other. */
const MACHINERY = /^(kube-controller-manager|cloud-controller-manager|kube-scheduler|kubelet|kwok)$/;
/** Kinds whose edits are read. Not Secrets: reading when one was edited is reading what is in it. */
const READ_KINDS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet', 'Service', 'ConfigMap', 'Ingress']);
/** However fast the clocks run, people and pipelines need minutes. */
const LEAST_MINUTES = 5;
const EVENT_REASONS = /^(Failed|BackOff|Unhealthy|Killing|Evicted|FailedScheduling|FailedMount|FailedCreate|SuccessfulDelete|OOMKilling|NodeNotReady|Preempted)/;

/** What changed lately on the objects of interest, by whom: the first question of any on-call engineer. */
export const recentChangesProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.recentChanges',
  title: 'What changed lately on the objects of interest: edits with their authors, new revisions, warning events',
  input: INPUT,
  fields: {
    changed: { type: 'list', text: 'objects that were edited or rolled out: "StatefulSet thanos-receive"' },
    changedBefore: { type: 'list', text: 'roles of those that were edited or rolled out before the incident began; causes that blame them gain by it' },
    managers: { type: 'list', text: 'who edited: field managers such as kubectl-edit, argocd' },
    newRevision: { type: 'boolean', text: 'a new template revision was made' },
    minutesBefore: { type: 'number|null', text: 'minutes from the latest edit to the beginning of the incident; negative when it came after' },
    events: { type: 'list', text: 'reasons of warning events' },
  },
  rbac: [
    { apiGroup: 'apps', resources: ['statefulsets', 'deployments', 'daemonsets'], verbs: ['get'] },
    { apiGroup: '', resources: ['services', 'configmaps'], verbs: ['get'] },
    { apiGroup: 'networking.k8s.io', resources: ['ingresses'], verbs: ['get'] },
    { apiGroup: 'apps', resources: ['controllerrevisions'], verbs: ['list'] },
    { apiGroup: '', resources: ['events'], verbs: ['list'] },
  ],
  async ask(access, { targets: roles, within }, { since }) {
    const minutes = Math.max(LEAST_MINUTES, Math.round(within * access.config.timeFactor));
    const from = Date.parse(since) - minutes * 60_000;
    // A role that is not there in this cluster cannot have changed.
    const found = roles.filter((role) => Object.hasOwn(access.config.targets, role)).map((role) => ({ role, target: targetOf(access, role) }));
    const targets = found.map(({ target }) => target);
    const changes = (await Promise.all([...found.map(({ role, target }) => changesOf(access, role, target)), ...namespacesOf(targets).map((namespace) => eventsOf(access, namespace, targets))])).flat();
    const recent = changes.filter(({ at }) => Date.parse(at) >= from).sort((a, b) => b.at.localeCompare(a.at));
    const edits = recent.filter(({ kind }) => kind !== 'event');
    const latest = edits[0];
    return {
      fields: {
        changed: [...new Set(edits.map(({ object }) => object))],
        changedBefore: [...new Set(edits.filter(({ at }) => Date.parse(at) <= Date.parse(since)).flatMap(({ role }) => role ?? []))],
        managers: [...new Set(edits.filter(({ kind }) => kind === 'edit').map(({ what }) => what))],
        newRevision: edits.some(({ kind }) => kind === 'revision'),
        minutesBefore: latest ? Math.round((Date.parse(since) - Date.parse(latest.at)) / 60_000) : null,
        events: [...new Set(recent.filter(({ kind }) => kind === 'event').map(({ what }) => what))],
      },
      summary: latest
        ? `Last changed: ${latest.object} by ${latest.what} at ${latest.at}${edits.length > 1 ? `, and ${edits.length - 1} more` : ''}.`
        : `Nothing was edited in the ${minutes} minutes before the incident${recent.length > 0 ? `; ${recent.length} warning events` : ''}.`,
      table: { columns: ['at', 'object', 'what', 'detail'], rows: recent.slice(0, 20).map(({ at, object, what, message }) => [at, object, what, message]) },
    };
  },
};

function namespacesOf(targets: readonly Target[]): string[] {
  return [...new Set(targets.map(({ namespace }) => namespace))];
}

async function changesOf(access: ClusterAccess, role: string, target: Target): Promise<Change[]> {
  const object = READ_KINDS.has(target.kind) ? await access.kubernetes.read(target) : undefined;
  if (!object) return [];
  const name = `${target.kind} ${target.name}`;
  const revisions = target.kind === 'StatefulSet' ? await access.kubernetes.list({ apiVersion: 'apps/v1', kind: 'ControllerRevision' }, target.namespace) : [];
  const changes = [...editsOf(object, name), ...revisions.filter((revision) => ownedBy(revision, object)).map((revision): Change => ({
    at: textOf(revision.metadata['creationTimestamp']), object: name, what: `revision ${textOf(revision['revision'], '?')}`, kind: 'revision', message: revision.metadata.name,
  }))];
  return changes.map((change) => ({ ...change, role }));
}

function editsOf(object: KubernetesObject, name: string): Change[] {
  const fields = (object.metadata['managedFields'] ?? []) as Array<{ manager?: string; operation?: string; time?: string; subresource?: string }>;
  const edits = fields
    .filter(({ manager = '', subresource, time }) => time !== undefined && manager !== FIELD_MANAGER && isDecision(manager, subresource))
    .map(({ manager = 'unknown', operation = '', time }): Change => ({ at: time!, object: name, what: plainLine(manager, 60), kind: 'edit', message: operation }));
  const created = object.metadata['creationTimestamp'];
  return typeof created === 'string' ? [...edits, { at: created, object: name, what: 'creation', kind: 'creation', message: '' }] : edits;
}

/** Somebody's decision, not a status. How many pods there should be is one whoever writes it: a person or an autoscaler. */
function isDecision(manager: string, subresource: string | undefined): boolean {
  return subresource === 'scale' || (!subresource && !MACHINERY.test(manager));
}

function ownedBy(revision: KubernetesObject, owner: KubernetesObject): boolean {
  return ((revision.metadata['ownerReferences'] ?? []) as Array<{ uid: string }>).some(({ uid }) => uid === owner.metadata.uid);
}

async function eventsOf(access: ClusterAccess, namespace: string, targets: readonly Target[]): Promise<Change[]> {
  const events = await access.kubernetes.list({ apiVersion: 'v1', kind: 'Event' }, namespace);
  return events.flatMap((event): Change[] => {
    const { involvedObject, reason = '', message = '', lastTimestamp, eventTime, type } = event as unknown as {
      involvedObject?: { kind?: string; name?: string }; reason?: string; message?: string; lastTimestamp?: string | null; eventTime?: string | null; type?: string;
    };
    const concerns = targets.some(({ name }) => involvedObject?.name === name || involvedObject?.name?.startsWith(`${name}-`));
    const at = lastTimestamp ?? eventTime ?? event.metadata['creationTimestamp'];
    if (!concerns || typeof at !== 'string' || (type !== 'Warning' && !EVENT_REASONS.test(reason))) return [];
    return [{ at, object: `${involvedObject?.kind ?? 'Object'} ${involvedObject?.name ?? ''}`, what: plainLine(reason, 60), kind: 'event', message: plainLine(message, 120) }];
  });
}

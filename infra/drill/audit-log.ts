import { readFileSync } from 'node:fs';
import type { IncidentStatus } from '../../workflows/contracts';

/** What the API server itself says that was changed: the oracle, not our own word. */
export interface AuditedMutation {
  at: string;
  verb: string;
  /** `pods/eviction monitoring/thanos-receive-1`. */
  object: string;
  code: number;
}

interface AuditEvent {
  stage: string;
  verb: string;
  requestURI: string;
  stageTimestamp: string;
  user: { username: string };
  objectRef?: { resource: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  requestObject?: { metadata?: { name?: string }; dryRun?: string[]; deleteOptions?: { dryRun?: string[] }; spec?: { replicas?: number } };
}

const NIGHTSHIFT = 'system:serviceaccount:nightshift:nightshift';
const MUTATING = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
/** Asking what one may do, or who one is, changes nothing. */
const QUESTIONS = new Set(['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'subjectaccessreviews', 'tokenreviews', 'selfsubjectreviews']);

/** Mutations by Nightshift's service account since a moment: answered with 2xx, not dry runs. */
export function mutationsSince(auditLog: string, since: string): AuditedMutation[] {
  return readFileSync(auditLog, 'utf8')
    .split('\n')
    .filter((line) => line.includes(NIGHTSHIFT))
    .flatMap((line) => parse(line))
    .filter((event) => event.stage === 'ResponseComplete' && event.user.username === NIGHTSHIFT && event.stageTimestamp >= since)
    .filter((event) => MUTATING.has(event.verb) && !QUESTIONS.has(event.objectRef?.resource ?? '') && !isDryRun(event))
    .map(toMutation)
    .filter(({ code }) => code >= 200 && code < 300);
}

/** Who wanted how many replicas of a Deployment, and when. */
export interface Scaling {
  at: string;
  user: string;
  replicas: number;
}

/** Every change of a Deployment's scale that the API server has accepted, in turn. */
export function scalingsOf(auditLog: string, { namespace, name }: { namespace: string; name: string }): Scaling[] {
  return readFileSync(auditLog, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"subresource":"scale"'))
    .flatMap((line) => parse(line))
    .filter(({ stage, verb, objectRef, responseStatus }) => stage === 'ResponseComplete' && MUTATING.has(verb) && responseStatus?.code === 200 && objectRef?.resource === 'deployments' && objectRef.subresource === 'scale' && objectRef.namespace === namespace && objectRef.name === name)
    // None stands for nought on the wire.
    .map(({ stageTimestamp, user, requestObject }) => ({ at: stageTimestamp, user: user.username, replicas: requestObject?.spec?.replicas ?? 0 }));
}

function parse(line: string): AuditEvent[] {
  try {
    return [JSON.parse(line) as AuditEvent];
  } catch {
    // The API server is writing this line just now; the next reading has it whole.
    return [];
  }
}

/** Patches and creations say so in the query, deletions and evictions in the options that they send. */
function isDryRun({ requestURI, requestObject }: AuditEvent): boolean {
  return /[?&]dryRun=/.test(requestURI) || Boolean(requestObject?.dryRun?.length) || Boolean(requestObject?.deleteOptions?.dryRun?.length);
}

function toMutation({ verb, stageTimestamp, objectRef, responseStatus, requestObject }: AuditEvent): AuditedMutation {
  const { resource = '?', subresource, namespace = '', name = requestObject?.metadata?.name ?? '?' } = objectRef ?? {};
  return { at: stageTimestamp, verb, object: `${subresource ? `${resource}/${subresource}` : resource} ${namespace}/${name}`, code: responseStatus?.code ?? 0 };
}

const RESOURCE: Record<string, string> = { Pod: 'pods', Service: 'services', StatefulSet: 'statefulsets', Deployment: 'deployments', DaemonSet: 'daemonsets', ServiceMonitor: 'servicemonitors', ConfigMap: 'configmaps', Ingress: 'ingresses', Secret: 'secrets', PersistentVolumeClaim: 'persistentvolumeclaims' };

/** What an incident says that it changed, in the audit log's words. */
export function claimedMutations(status: Pick<IncidentStatus, 'mutations'>): string[] {
  return status.mutations.flatMap(({ result, object }) => {
    const name = `${object.namespace}/${object.name}`;
    const resource = RESOURCE[object.kind] ?? object.kind.toLowerCase();
    switch (result) {
      case 'unchanged':
        return [];
      case 'evicted':
        return [`create pods/eviction ${name}`];
      case 'reloaded':
        return [`create pods/proxy ${name}`];
      case 'deleted':
        return [`delete ${resource} ${name}`];
      case 'patched':
        return [`patch ${resource} ${name}`];
      case 'created':
        return [`create ${resource} ${name}`];
    }
  });
}

/**
 * Differences between what was changed and what the incident says; empty when each mutation happened once and is accounted for.
 * An agent is asked to reload until its node has brought the file, so a reload that is claimed once may be asked for several times.
 */
export function auditFaults(audited: readonly AuditedMutation[], status: Pick<IncidentStatus, 'mutations'>): string[] {
  const left = audited.map(({ verb, object }) => `${verb} ${object.replace(/:\d+$/, '').replace(/^pods\/resize /, 'pods ')}`);
  const faults: string[] = [];
  const claims = claimedMutations(status);
  for (const claim of claims) {
    const index = left.indexOf(claim);
    if (index < 0) faults.push(`claimed, but not in the audit log: ${claim}`);
    else left.splice(index, 1);
  }
  const askedAgain = new Set(claims.filter((claim) => claim.startsWith('create pods/proxy ')));
  return [...faults, ...left.filter((extra) => !askedAgain.has(extra)).map((extra) => `in the audit log, but not claimed: ${extra}`)];
}

/** The Kubernetes permissions that Nightshift needs in one cluster, made from what its probes and remedies declare. */
import { Document, isScalar, visit } from 'yaml';
import type { ClusterConfig } from '../../activities/clusters';
import type { Probe, RbacRule } from '../../activities/probe';
import type { Remedy } from '../../activities/remedy';
import { onlyReads, policyRules, type PolicyRule } from './rbac-rules';

/** Workers that probe use this service account: it cannot write anything. */
export const PROBE_ACCOUNT = 'nightshift-probe';
/** Workers that plan and execute use this one: what remedies need, and reading the kill switch. */
export const MUTATE_ACCOUNT = 'nightshift-mutate';

export interface RbacObject {
  apiVersion: string;
  kind: 'ServiceAccount' | 'Role' | 'RoleBinding' | 'ClusterRole' | 'ClusterRoleBinding';
  metadata: { name: string; namespace?: string };
  rules?: PolicyRule[];
  roleRef?: { apiGroup: string; kind: string; name: string };
  subjects?: Subject[];
}

interface Subject {
  kind: 'ServiceAccount';
  name: string;
  namespace: string;
}

export interface RbacRequest {
  cluster: Pick<ClusterConfig, 'name' | 'mode' | 'namespace' | 'targets' | 'killSwitch'>;
  probes: ReadonlyArray<Pick<Probe, 'use' | 'rbac'>>;
  remedies: ReadonlyArray<Pick<Remedy, 'use' | 'rbac'>>;
  /** Service accounts of workers that do both; they are bound to both roles beside the two of their own. */
  both?: ReadonlyArray<{ namespace: string; name: string }>;
}

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Two service accounts and their roles, one Role for each namespace in which targets are. In a cluster that is only observed
 * the mutating one reads, too.
 * @throws Error when a probe declares more than reading, or a target is the kill switch.
 */
export function rbacObjects(request: RbacRequest): RbacObject[] {
  const { cluster } = request;
  const accounts = [PROBE_ACCOUNT, MUTATE_ACCOUNT].map((name): RbacObject => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: cluster.namespace } }));
  return [...accounts, ...bound(PROBE_ACCOUNT, probeRules(request), request), ...bound(MUTATE_ACCOUNT, mutateRules(request), request)];
}

function probeRules({ cluster, probes }: RbacRequest): ReadonlyMap<string | null, PolicyRule[]> {
  const writing = probes.find(({ rbac }) => !rbac.every(onlyReads));
  if (writing) throw new Error(`The probe ${writing.use} declares permissions that change something (${writing.rbac.filter((rule) => !onlyReads(rule)).flatMap(({ verbs }) => verbs).join(', ')}); a probe only reads.`);
  return policyRules(probes.flatMap(({ rbac }) => rbac), cluster);
}

function mutateRules({ cluster, remedies }: RbacRequest): ReadonlyMap<string | null, PolicyRule[]> {
  const { killSwitch, targets } = cluster;
  const [role] = Object.entries(targets).find(([, { kind, namespace, name }]) => kind === 'ConfigMap' && namespace === killSwitch.namespace && name === killSwitch.name) ?? [];
  if (role !== undefined) throw new Error(`The role ${role} of ${cluster.name} is the kill switch ${killSwitch.namespace}/${killSwitch.name}; Nightshift may never write it, so it cannot be a target.`);
  const rules = remedies.flatMap(({ rbac }) => rbac);
  const found = new Map(policyRules(cluster.mode === 'act' ? rules : rules.map(readingPart), cluster));
  found.set(killSwitch.namespace, [...(found.get(killSwitch.namespace) ?? []), { apiGroups: [''], resources: ['configmaps'], resourceNames: [killSwitch.name], verbs: ['get'] }]);
  return found;
}

function readingPart(rule: RbacRule): RbacRule {
  return { ...rule, verbs: rule.verbs.filter((verb) => onlyReads({ verbs: [verb] })) };
}

function bound(name: string, rules: ReadonlyMap<string | null, PolicyRule[]>, { cluster, both = [] }: RbacRequest): RbacObject[] {
  const subjects = [{ namespace: cluster.namespace, name }, ...both].map((account): Subject => ({ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }));
  return [...rules].flatMap(([namespace, lines]): RbacObject[] => {
    const prefix = namespace === null ? 'Cluster' : '';
    const metadata = { name, ...(namespace !== null && { namespace }) };
    return [
      { apiVersion: `${RBAC}/v1`, kind: `${prefix}Role`, metadata, rules: lines },
      { apiVersion: `${RBAC}/v1`, kind: `${prefix}RoleBinding`, metadata, roleRef: { apiGroup: RBAC, kind: `${prefix}Role`, name }, subjects },
    ];
  });
}

/** The objects as YAML for `kubectl apply -f -`; `header` becomes a comment at the top. */
export function rbacYaml(objects: readonly RbacObject[], header: readonly string[]): string {
  const comment = header.map((line) => `# ${line}\n`).join('');
  return comment + objects.map(yamlOf).join('---\n');
}

/** Lists of plain values on one line: a rule is read as one. */
function yamlOf(object: RbacObject): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_key, list) {
      if (list.items.every(isScalar)) list.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { ClusterConfig } from '../../../activities/clusters';
import type { RbacRule } from '../../../activities/probe';
import { probes, remedies } from '../../../activities/registry';
import { clusterRbac } from '../../../infra/kubernetes/cluster-rbac';
import { rbacObjects, type RbacObject } from '../../../infra/kubernetes/rbac';
import { labSource } from '../../../infra/lab/paths';
import { practiceCluster } from '../../../workers/config/clusters';

const COMMAND = 'nightshift rbac --cluster practice --service-account nightshift/nightshift';
const cluster: ClusterConfig = practiceCluster().cluster;
const service = (namespace: string, name: string) => ({ apiVersion: 'v1', kind: 'Service', namespace, name, ports: {} });

interface Made {
  probe?: RbacRule[];
  remedy?: RbacRule[];
  change?: Partial<ClusterConfig>;
  both?: Array<{ namespace: string; name: string }>;
}

function made({ probe = [], remedy = [], change = {}, both = [] }: Made): RbacObject[] {
  return rbacObjects({ cluster: { ...cluster, targets: { web: service('monitoring', 'web') }, ...change }, probes: [{ use: 'p', rbac: probe }], remedies: [{ use: 'r', rbac: remedy }], both });
}

function rulesOf(objects: readonly RbacObject[], name: string, namespace = 'monitoring') {
  return objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === name && metadata.namespace === namespace)?.rules;
}

const KILL_SWITCH = { apiGroups: [''], resources: ['configmaps'], resourceNames: ['nightshift-automation'], verbs: ['get'] };

describe('the lab’s permissions', () => {
  it('are those that probes and remedies declare; otherwise make them again as the file’s header says', () => {
    expect(readFileSync(labSource('manifests', 'nightshift-rbac.yaml'), 'utf8')).toBe(clusterRbac(cluster, [{ namespace: 'nightshift', name: 'nightshift' }], COMMAND));
  });

  it('are Kubernetes objects, and cluster-wide only for what has no namespace: nodes’ statistics, classes of storage and of Ingresses, to be read', () => {
    const objects = parseAllDocuments(clusterRbac(cluster, [], COMMAND)).map((document) => document.toJS() as RbacObject);
    expect(objects.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);
    const classes = { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get'] };
    expect(objects.flatMap(({ kind, rules }) => (kind === 'ClusterRole' ? [rules] : []))).toEqual([
      // What nodes there are, and what they and their pods use.
      [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }, { apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] }, { apiGroups: ['metrics.k8s.io'], resources: ['nodes'], verbs: ['list'] }, { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: ['get'] }, classes],
      // How much room a node has is asked before a pod on it is given more memory.
      [{ apiGroups: [''], resources: ['nodes', 'nodes/proxy'], verbs: ['get'] }, classes],
    ]);
  });

  it('name what may be written, wherever a name is known', () => {
    const rules = rulesOf(rbacObjects({ cluster, probes: Object.values(probes), remedies: Object.values(remedies) }), 'nightshift-mutate') ?? [];
    const unnamed = rules.filter(({ verbs, resourceNames }) => !resourceNames && verbs.some((verb) => !['get', 'list', 'create'].includes(verb))).flatMap(({ resources }) => resources);
    // The names of pods and of their claims are made by their controllers.
    expect(unnamed).toEqual(['persistentvolumeclaims', 'pods', 'pods/resize']);
    expect(JSON.stringify(rules)).not.toMatch(/\*|escalate|impersonate|"bind"/);
  });

  it('know of Secrets the object store’s alone, and its copy', () => {
    const objects = rbacObjects({ cluster, probes: Object.values(probes), remedies: Object.values(remedies) });
    const secrets = (name: string) => (rulesOf(objects, name) ?? []).filter(({ resources }) => resources.includes('secrets')).map(({ verbs, resourceNames }) => [verbs, resourceNames]);
    expect(secrets('nightshift-probe')).toEqual([[['get'], ['thanos-objstore-secret']]]);
    expect(secrets('nightshift-mutate')).toEqual([
      // When a creation is authorized, no name is known yet.
      [['create'], undefined],
      [['delete'], ['thanos-objstore-secret']],
      [['get', 'patch'], ['thanos-objstore-secret', 'thanos-objstore-secret-nightshift-copy']],
    ]);
  });
});

describe('generated rules', () => {
  it('name the configured targets of the kind for verbs that take a name, and no object for a kind that is no target', () => {
    const objects = made({ probe: [{ apiGroup: '', resources: ['services', 'configmaps'], verbs: ['get', 'list'] }, { apiGroup: '', resources: ['pods'], verbs: ['get'] }] });
    expect(rulesOf(objects, 'nightshift-probe')).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: [''], resources: ['services'], resourceNames: ['web'], verbs: ['get'] },
      { apiGroups: [''], resources: ['services'], verbs: ['list'] },
    ]);
  });

  it('name the roles that a rule is about only, or nothing where any name may come', () => {
    const targets = { web: service('monitoring', 'web'), api: service('monitoring', 'api') };
    const rule = { apiGroup: '', resources: ['services'], verbs: ['get'] };
    expect(rulesOf(made({ probe: [{ ...rule, names: ['api'] }], change: { targets } }), 'nightshift-probe')).toEqual([{ apiGroups: [''], resources: ['services'], resourceNames: ['api'], verbs: ['get'] }]);
    expect(rulesOf(made({ probe: [{ ...rule, names: 'any' }, rule], change: { targets } }), 'nightshift-probe')).toEqual([{ apiGroups: [''], resources: ['services'], verbs: ['get'] }]);
  });

  it('stay in the namespaces of the targets, a role for each', () => {
    const targets = { web: service('monitoring', 'web'), api: service('edge', 'api') };
    const objects = made({ remedy: [{ apiGroup: '', resources: ['services'], verbs: ['patch'] }], change: { targets } });
    expect(rulesOf(objects, 'nightshift-mutate', 'edge')).toEqual([{ apiGroups: [''], resources: ['services'], resourceNames: ['api'], verbs: ['patch'] }]);
    expect(rulesOf(objects, 'nightshift-mutate')).toEqual([{ apiGroups: [''], resources: ['services'], resourceNames: ['web'], verbs: ['patch'] }, KILL_SWITCH]);
    const subjects = objects.filter(({ kind }) => kind === 'RoleBinding').map((binding) => binding.subjects);
    expect(subjects).toEqual([[{ kind: 'ServiceAccount', name: 'nightshift-mutate', namespace: 'monitoring' }], [{ kind: 'ServiceAccount', name: 'nightshift-mutate', namespace: 'monitoring' }]]);
  });

  it('are cluster-wide only for what has no namespace', () => {
    const objects = made({ probe: [{ apiGroup: '', resources: ['nodes'], verbs: ['get', 'list'] }] });
    expect(objects.filter(({ kind }) => kind.startsWith('Cluster')).map(({ kind, rules }) => [kind, rules?.length])).toEqual([['ClusterRole', 1], ['ClusterRoleBinding', undefined]]);
    expect(rulesOf(objects, 'nightshift-probe')).toBeUndefined();
  });

  it('bind a worker that does both to both roles', () => {
    const bindings = made({ probe: [{ apiGroup: '', resources: ['pods'], verbs: ['list'] }], both: [{ namespace: 'ops', name: 'worker' }] }).filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.map(({ subjects }) => subjects?.at(-1))).toEqual([{ kind: 'ServiceAccount', name: 'worker', namespace: 'ops' }, { kind: 'ServiceAccount', name: 'worker', namespace: 'ops' }]);
  });

  it('let the mutating account only read while the cluster is only observed', () => {
    const objects = made({ remedy: [{ apiGroup: '', resources: ['services'], verbs: ['get', 'patch', 'create'] }], change: { mode: 'observe' } });
    expect(rulesOf(objects, 'nightshift-mutate')).toEqual([{ apiGroups: [''], resources: ['services'], resourceNames: ['web'], verbs: ['get'] }, KILL_SWITCH]);
  });

  it('are refused for a probe that changes something, and for a target that is the kill switch', () => {
    expect(() => made({ probe: [{ apiGroup: '', resources: ['pods/proxy'], verbs: ['get', 'create'] }] })).toThrow(/probe p .*create.*only reads/);
    const targets = { mine: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'nightshift-automation', ports: {} } };
    expect(() => made({ change: { targets } })).toThrow(/role mine .*kill switch monitoring\/nightshift-automation/);
  });
});

/** From what probes and remedies declare to the rules of Roles: by namespace, by name wherever RBAC can, without repeats. */
import type { ClusterConfig, Target } from '../../activities/clusters';
import type { RbacRule } from '../../activities/probe';

/** One line of a Role. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** The smallest permission: one verb on one resource, by name or on all. `namespace` is null for what has none. */
interface Grant {
  namespace: string | null;
  apiGroup: string;
  resource: string;
  verb: string;
  names: 'all' | readonly string[];
}

/** Kinds that targets can be, by `group/resource`: for these the names are known. */
const KIND_OF: Readonly<Record<string, string>> = {
  '/configmaps': 'ConfigMap',
  '/secrets': 'Secret',
  '/services': 'Service',
  'apps/daemonsets': 'DaemonSet',
  'apps/deployments': 'Deployment',
  'apps/statefulsets': 'StatefulSet',
  'monitoring.coreos.com/podmonitors': 'PodMonitor',
  'monitoring.coreos.com/servicemonitors': 'ServiceMonitor',
  'networking.k8s.io/ingresses': 'Ingress',
};

/** In no namespace: only a ClusterRole can grant these. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['/namespaces', '/nodes', '/nodes/proxy', '/persistentvolumes', 'metrics.k8s.io/nodes', 'storage.k8s.io/storageclasses', 'networking.k8s.io/ingressclasses']);

/** When the API server authorizes a list, a watch or a creation, no name is known yet. */
const NAMELESS_VERBS: ReadonlySet<string> = new Set(['list', 'watch', 'create', 'deletecollection']);

const READING: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const VERB_ORDER = ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'];

/** Does this permission change nothing? `get` of a proxy is a GET of the program behind it. */
export function onlyReads({ verbs }: Pick<RbacRule, 'verbs'>): boolean {
  return verbs.every((verb) => READING.has(verb));
}

/**
 * What these rules mean in a cluster: the lines of a Role per namespace, and under `null` those of a ClusterRole. A rule on
 * a kind of which no target is configured grants nothing.
 */
export function policyRules(rules: readonly RbacRule[], config: Pick<ClusterConfig, 'targets'>): ReadonlyMap<string | null, PolicyRule[]> {
  const grants = rules.flatMap((rule) => grantsOf(rule, Object.entries(config.targets)));
  const places = [...new Set(grants.map(({ namespace }) => namespace))].sort();
  return new Map(places.map((place) => [place, joined(grants.filter(({ namespace }) => namespace === place))]));
}

function grantsOf(rule: RbacRule, targets: ReadonlyArray<[role: string, target: Target]>): Grant[] {
  const { apiGroup, verbs, names = targets.map(([role]) => role), renamed = (name: string) => name } = rule;
  return rule.resources.flatMap((resource) => {
    const what = `${apiGroup}/${resource}`;
    if (CLUSTER_SCOPED.has(what)) return verbs.map((verb): Grant => ({ namespace: null, apiGroup, resource, verb, names: 'all' }));
    const kind = KIND_OF[what];
    return [...new Set(targets.map(([, { namespace }]) => namespace))].flatMap((namespace) => {
      if (kind === undefined || names === 'any') return verbs.map((verb): Grant => ({ namespace, apiGroup, resource, verb, names: 'all' }));
      const known = targets.filter(([role, target]) => names.includes(role) && target.namespace === namespace && target.kind === kind && groupOf(target) === apiGroup).map(([, { name }]) => renamed(name));
      return known.length === 0 ? [] : verbs.map((verb): Grant => ({ namespace, apiGroup, resource, verb, names: NAMELESS_VERBS.has(verb) ? 'all' : known }));
    });
  });
}

function groupOf({ apiVersion }: Target): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** First the names of each verb, then the verbs of the same names, then the resources with the same of both. */
function joined(grants: readonly Grant[]): PolicyRule[] {
  const byVerb = groups(grants, ({ apiGroup, resource, verb }) => [apiGroup, resource, verb]).map((same) => ({ ...same[0]!, names: union(same) }));
  const byNames = groups(byVerb, ({ apiGroup, resource, names }) => [apiGroup, resource, names]).map((same) => ({ ...same[0]!, verbs: inOrder(same.map(({ verb }) => verb)) }));
  return groups(byNames, ({ apiGroup, names, verbs }) => [apiGroup, names, verbs])
    .map((same): PolicyRule => {
      const { apiGroup, names, verbs } = same[0]!;
      return { apiGroups: [apiGroup], resources: same.map(({ resource }) => resource).sort(), ...(names !== 'all' && { resourceNames: [...names] }), verbs };
    })
    .sort((a, b) => sortKey(a).localeCompare(sortKey(b), 'en'));
}

function groups<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Item[][] {
  const found = new Map<string, Item[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    found.set(key, [...(found.get(key) ?? []), item]);
  }
  return [...found.values()];
}

function union(grants: readonly Grant[]): Grant['names'] {
  return grants.some(({ names }) => names === 'all') ? 'all' : [...new Set(grants.flatMap(({ names }) => names))].sort();
}

function inOrder(verbs: readonly string[]): string[] {
  return [...verbs].sort((a, b) => VERB_ORDER.indexOf(a) - VERB_ORDER.indexOf(b));
}

function sortKey({ apiGroups, resources, verbs }: PolicyRule): string {
  return [...apiGroups, ...resources, ...verbs].join(' ');
}

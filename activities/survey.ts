/** What the probes that look at everything have in common: which namespaces and roles "everything" is. */
import { z } from 'zod';
import type { ClusterAccess } from './cluster-access';
import type { Target } from './clusters';
import { unique } from './workload';

export interface RoleTarget {
  role: string;
  target: Target;
}

/** Roles to look at; a role that this cluster does not have is left out, and said to be. */
export const ROLES_INPUT = z.array(z.string()).min(1).optional().describe('Roles to look at; all that are configured when left out.');

const WORKLOAD_KINDS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet']);

/** Every namespace that the cluster's pipeline lives in. */
export function namespacesOf({ config }: Pick<ClusterAccess, 'config'>): string[] {
  return unique([config.namespace, ...Object.values(config.targets).map(({ namespace }) => namespace)]);
}

/** The configured targets among these roles, or all; of these kinds only, where kinds are given. */
export function targetsAmong({ config }: Pick<ClusterAccess, 'config'>, roles: readonly string[] | undefined, kinds?: ReadonlySet<string>): RoleTarget[] {
  return Object.entries(config.targets)
    .filter(([role, { kind }]) => (roles?.includes(role) ?? true) && (kinds?.has(kind) ?? true))
    .map(([role, target]) => ({ role, target }));
}

export function workloadsAmong(access: Pick<ClusterAccess, 'config'>, roles: readonly string[] | undefined): RoleTarget[] {
  return targetsAmong(access, roles, WORKLOAD_KINDS);
}

/** "StatefulSet thanos-receive". */
export function nameOf({ kind, name }: { kind: string; name: string }): string {
  return `${kind} ${name}`;
}

/** At most `most` of them by name: a sentence that lists forty is not read. */
export function some(names: readonly string[], most = 4): string {
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

import type { ConfigMap } from '../api/types';
import type { Lookup } from './names';

/** Where the names outside of the cluster's domain stand: lines of an address and names, as in /etc/hosts; `*.` is any name below. */
export const OUTSIDE_NAMES = { namespace: 'kube-system', name: 'outside-names', key: 'hosts' } as const;

/** Answers a name from the ConfigMap of outside names; unknown where there is none, or no line has it. */
export function resolveOutsideName(name: string, names: ConfigMap | undefined): Lookup {
  const lower = name.toLowerCase().replace(/\.$/, '');
  const lines = (names?.data?.[OUTSIDE_NAMES.key] ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const addresses = lines.flatMap(([address = '', ...known]) => (known.some((pattern) => matches(lower, pattern.toLowerCase())) ? [address] : []));
  return addresses.length > 0 ? { kind: 'addresses', addresses } : { kind: 'unknown' };
}

function matches(name: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1 : name === pattern;
}

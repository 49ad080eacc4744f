/**
 * A hashring file of Thanos Receive, judged before it is applied and when it is suspected (domain 4.7; thanos
 * pkg/receive/config.go and hashring.go). Pure.
 */

export interface Ring {
  name: string;
  /** As the file says; absent where the receivers' flag decides. */
  algorithm: string | undefined;
  addresses: string[];
  tenants: string[];
}

export const ALGORITHMS: ReadonlySet<string> = new Set(['hashmod', 'ketama']);

/** What is wrong with a ring; each keeps receivers from starting, from reaching each other, or from agreeing where a series lives. */
export type RingFault = 'notJson' | 'empty' | 'notHostPort' | 'notGrpcPort' | 'duplicate' | 'tooFew' | 'unknownAlgorithm' | 'mixedAlgorithms' | 'unresolved';

export interface RingProblem {
  fault: RingFault;
  /** Completes "The hashring …". */
  en: string;
  ko: string;
}

export type ParsedHashring = { rings: Ring[] } | { problem: RingProblem };

interface RawRing {
  hashring?: unknown;
  algorithm?: unknown;
  tenants?: unknown;
  endpoints?: unknown;
}

/** The rings of a file, or why Thanos would not read it. */
export function parseHashring(text: string): ParsedHashring {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: { fault: 'notJson', en: 'is no JSON', ko: '해시링이 JSON이 아닙니다' } };
  }
  if (!Array.isArray(parsed) || !parsed.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))) {
    return { problem: { fault: 'notJson', en: 'is no list of rings', ko: '해시링이 링의 목록이 아닙니다' } };
  }
  const rings = (parsed as RawRing[]).map(toRing);
  if (rings.length === 0 || rings.some(({ addresses }) => addresses.length === 0)) return { problem: { fault: 'empty', en: 'names no endpoint', ko: '해시링에 엔드포인트가 없습니다' } };
  return { rings };
}

function toRing({ hashring, algorithm, tenants, endpoints }: RawRing): Ring {
  const addressOf = (endpoint: unknown): string => {
    const address = typeof endpoint === 'string' ? endpoint : (endpoint as { address?: unknown } | null)?.address;
    return typeof address === 'string' ? address : '';
  };
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    name: typeof hashring === 'string' ? hashring : '',
    algorithm: typeof algorithm === 'string' && algorithm !== '' ? algorithm : undefined,
    addresses: (Array.isArray(endpoints) ? (endpoints as unknown[]) : []).map(addressOf),
    tenants: texts(tenants),
  };
}

export interface RingRequirements {
  replicationFactor: number;
  /** Where receivers take each other's writes. */
  grpcPort: number;
  /** What counts where the file says none: the receivers' `--receive.hashrings-algorithm`. */
  flagAlgorithm: string;
}

/** Everything that can be seen in the file itself; whether its names resolve has to be asked of the cluster. */
export function ringProblems(rings: readonly Ring[], { replicationFactor, grpcPort, flagAlgorithm }: RingRequirements): RingProblem[] {
  const problems: RingProblem[] = [];
  const say = (fault: RingFault, en: string, ko: string) => problems.push({ fault, en, ko });
  const addresses = rings.flatMap((ring) => ring.addresses);
  const odd = addresses.filter((address) => !hostPortOf(address));
  if (odd.length > 0) say('notHostPort', `has entries that are no host:port (${odd.slice(0, 3).join(', ')})`, `host:port 형식이 아닌 항목이 있습니다(${odd.slice(0, 3).join(', ')})`);
  const elsewhere = addresses.filter((address) => (hostPortOf(address)?.port ?? grpcPort) !== grpcPort);
  if (elsewhere.length > 0) say('notGrpcPort', `has entries at another port than gRPC's ${grpcPort} (${elsewhere.slice(0, 3).join(', ')})`, `gRPC 포트 ${grpcPort}가 아닌 항목이 있습니다(${elsewhere.slice(0, 3).join(', ')})`);
  const twice = rings.flatMap((ring) => ring.addresses.filter((address, index) => ring.addresses.indexOf(address) !== index));
  if (twice.length > 0) say('duplicate', `names an endpoint twice (${twice[0]})`, `같은 엔드포인트가 두 번 있습니다(${twice[0]})`);
  const fewest = Math.min(...rings.map((ring) => new Set(ring.addresses).size));
  if (fewest < replicationFactor) say('tooFew', `has ${fewest} endpoints, fewer than the replication factor ${replicationFactor}`, `엔드포인트 ${fewest}개가 복제 계수 ${replicationFactor}보다 적습니다`);
  const algorithms = new Set(rings.map(({ algorithm }) => algorithm ?? flagAlgorithm));
  const unknown = [...algorithms].filter((algorithm) => !ALGORITHMS.has(algorithm));
  if (unknown.length > 0) say('unknownAlgorithm', `names an algorithm that is not known (${unknown.join(', ')})`, `알 수 없는 알고리즘이 있습니다(${unknown.join(', ')})`);
  if (algorithms.size > 1) say('mixedAlgorithms', `mixes the algorithms ${[...algorithms].join(' and ')}`, `알고리즘이 섞여 있습니다(${[...algorithms].join(', ')})`);
  return problems;
}

/** An entry of a ring is `host:port`; a URL is none. */
export function hostPortOf(address: string): { host: string; port: number } | undefined {
  const [, host, port] = /^([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):(\d{1,5})$/i.exec(address) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

/** Does some ring take tenants that no ring names? Without one, writes of an unnamed tenant are answered with 500. */
export function takesAnyTenant(rings: readonly Ring[]): boolean {
  return rings.some(({ tenants }) => tenants.length === 0);
}

/** The one algorithm in force, or `mixed`. */
export function algorithmOf(rings: readonly Ring[], flagAlgorithm: string): string {
  const algorithms = new Set(rings.map(({ algorithm }) => algorithm ?? flagAlgorithm));
  return algorithms.size === 1 ? [...algorithms][0]! : 'mixed';
}

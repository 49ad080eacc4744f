import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { quantityOf, showBytes } from '../quantity';
import { unique } from '../workload';
import { namespacesOf, ROLES_INPUT, some, workloadsAmong } from '../survey';
import { claimsIn, claimsOf, fullness, inodeFullness, READS_VOLUMES, resizing, type Claim } from './volumes';

const INPUT = z.strictObject({ targets: ROLES_INPUT });

/** As `kubernetes.volumes` has them: KubePersistentVolumeFillingUp pages below 3 % free, and warns below 15 %. */
const FULL = 0.97;
const FILLING = 0.85;

/** "PVCs Bound", and how full they are: of the whole pipeline, or of some workloads' pods. */
export const claimsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.claims',
  title: 'All persistent volume claims at once: which are not bound, which are full',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'there is no claim' },
    claims: { type: 'number', unit: 'count', text: 'claims that were found' },
    known: { type: 'number', unit: 'count', text: 'of those, claims whose use the kubelet tells' },
    notBound: { type: 'list', text: 'claims that have no volume' },
    full: { type: 'list', text: 'claims with less than 3 % of their bytes or inodes free' },
    fullRoles: { type: 'list', text: 'roles of the workloads that mount those' },
    filling: { type: 'list', text: 'claims with less than 15 % free' },
    usedRatio: { type: 'number|null', unit: 'ratio', text: 'how full the fullest is; null when no kubelet says' },
    resizing: { type: 'list', text: 'claims that were asked to grow and have not grown yet' },
  },
  rbac: [...READS_VOLUMES, { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['list'] }],
  async ask(access, { targets: roles }) {
    const claims = roles ? await claimsOfRoles(access, roles) : (await Promise.all(namespacesOf(access).map((namespace) => claimsIn(access, namespace)))).flat();
    const names = (matches: (claim: Claim) => boolean) => claims.filter(matches).map(({ name }) => name);
    const isFull = (claim: Claim) => fullest(claim) > FULL;
    const known = claims.filter(({ use }) => use !== undefined).sort((a, b) => fullness(b)! - fullness(a)!);
    const notBound = names(({ phase }) => phase !== 'Bound');
    const filling = names((claim) => fullest(claim) > FILLING);
    return {
      fields: {
        notApplicable: claims.length === 0,
        claims: claims.length,
        known: known.length,
        notBound,
        full: names(isFull),
        fullRoles: unique(claims.filter(isFull).map((claim) => roleOf(access, claim))),
        filling,
        usedRatio: known[0] ? fullness(known[0])! : null,
        resizing: names(resizing),
      },
      summary: sentence(claims, known, notBound, filling),
      ...(claims.length > 0 && { table: { columns: ['claim', 'pod', 'phase', 'size', 'used', 'free'], rows: [...claims].sort((a, b) => Number(a.phase === 'Bound') - Number(b.phase === 'Bound') || fullest(b) - fullest(a)).map(toRow) } }),
    };
  },
};

/** A role without a workload has no claims. */
async function claimsOfRoles(access: ClusterAccess, roles: readonly string[]): Promise<Claim[]> {
  const found = await Promise.all(workloadsAmong(access, roles).map(({ target }) => claimsOf(access, target).catch((error: unknown) => {
    if (failureTypeOf(error) === 'TargetNotFound') return [];
    throw error;
  })));
  return found.flat();
}

/** The workload's pods bear its name. */
function roleOf(access: ClusterAccess, { pod }: Claim): string | undefined {
  return workloadsAmong(access, undefined).filter(({ target }) => pod.startsWith(`${target.name}-`)).sort((a, b) => b.target.name.length - a.target.name.length)[0]?.role;
}

function fullest(claim: Claim): number {
  return Math.max(fullness(claim) ?? 0, inodeFullness(claim) ?? 0);
}

function sentence(claims: readonly Claim[], known: readonly Claim[], notBound: readonly string[], filling: readonly string[]): string {
  if (claims.length === 0) return 'There is no persistent volume claim.';
  const parts = [
    notBound.length > 0 ? `${notBound.length} of ${claims.length} claims are not bound: ${some(notBound)}` : `All ${claims.length} claims are bound`,
    known[0] ? `the fullest, ${known[0].name}, is ${(fullness(known[0])! * 100).toFixed(0)} % full` : 'no kubelet says how full they are',
    ...(filling.length > 0 ? [`less than 15 % free: ${some(filling)}`] : []),
  ];
  return `${parts.join('; ')}.`;
}

function toRow(claim: Claim): string[] {
  const ratio = fullness(claim);
  return [claim.name, claim.pod, [claim.phase, ...claim.conditions].join(', '), quantityOf(claim.requestedBytes), ratio === undefined ? 'unknown' : `${(ratio * 100).toFixed(0)} %`, claim.use ? showBytes(claim.use.availableBytes) : 'unknown'];
}

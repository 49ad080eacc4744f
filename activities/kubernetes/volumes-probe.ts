import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { quantityOf, showBytes } from '../quantity';
import { claimsOf, fullness, inodeFullness, READS_VOLUMES, resizing, type Claim } from './volumes';

const INPUT = z.strictObject({ target: z.string().describe('Role of the workload whose pods’ volumes are looked at.') });

/** At this a volume counts as full: KubePersistentVolumeFillingUp pages below 3 % free, and warns below 15 %. */
const FULL = 0.97;
const FILLING = 0.85;

/** The claims of a workload's pods: phase, size, how full, and whether they can grow. */
export const volumesProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.volumes',
  title: 'The volumes of a workload’s pods: how full (bytes and inodes), their size, and whether they can grow',
  input: INPUT,
  fields: {
    claims: { type: 'number', unit: 'count', text: 'persistent volume claims that its pods mount' },
    known: { type: 'number', unit: 'count', text: 'of those, claims whose use the kubelet tells' },
    notBound: { type: 'list', text: 'claims that have no volume' },
    fullest: { type: 'text|null', text: 'the claim that is fullest' },
    usedRatio: { type: 'number|null', unit: 'ratio', text: 'how full the fullest is; null when no kubelet says' },
    inodesUsedRatio: { type: 'number|null', unit: 'ratio', text: 'inodes in use where they are scarcest; null when not known' },
    freeBytes: { type: 'number|null', unit: 'count', text: 'bytes free on the fullest' },
    full: { type: 'list', text: 'claims with less than 3 % free' },
    filling: { type: 'list', text: 'claims with less than 15 % free' },
    expandable: { type: 'boolean|null', text: 'the storage class of every claim lets it grow; null when that is not known' },
    resizing: { type: 'list', text: 'claims that were asked to grow and have not grown yet' },
    resizeNeedsRestart: { type: 'list', text: 'claims whose file system grows only when the pod starts anew (FileSystemResizePending)' },
    resizeFailed: { type: 'list', text: 'claims whose growth the storage refused' },
  },
  rbac: [...READS_VOLUMES],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const claims = await claimsOf(access, target);
    const known = claims.filter((claim) => claim.use !== undefined).sort((a, b) => fullness(b)! - fullness(a)!);
    const inodes = claims.map(inodeFullness).filter((ratio) => ratio !== undefined);
    const names = (matches: (claim: Claim) => boolean) => claims.filter(matches).map(({ name }) => name);
    const [fullest] = known;
    return {
      fields: {
        claims: claims.length,
        known: known.length,
        notBound: names(({ phase }) => phase !== 'Bound'),
        fullest: fullest?.name ?? null,
        usedRatio: fullest ? fullness(fullest)! : null,
        inodesUsedRatio: inodes.length > 0 ? Math.max(...inodes) : null,
        freeBytes: fullest?.use?.availableBytes ?? null,
        full: names((claim) => (fullness(claim) ?? 0) > FULL),
        filling: names((claim) => (fullness(claim) ?? 0) > FILLING),
        expandable: claims.length === 0 || claims.some((claim) => claim.expandable === undefined) ? null : claims.every((claim) => claim.expandable),
        resizing: names(resizing),
        resizeNeedsRestart: names(({ conditions }) => conditions.includes('FileSystemResizePending')),
        resizeFailed: names(({ conditions }) => conditions.some((type) => type === 'ControllerResizeError' || type === 'NodeResizeError')),
      },
      summary: sentence(role, claims, fullest, known.length),
      ...(claims.length > 0 && { table: { columns: ['claim', 'pod', 'phase', 'size', 'used', 'free', 'inodes', 'class', 'can grow'], rows: claims.map(row) } }),
    };
  },
};

function sentence(role: string, claims: readonly Claim[], fullest: Claim | undefined, known: number): string {
  if (claims.length === 0) return `The pods of ${role} mount no persistent volume; their data is in the pod and goes with it.`;
  if (!fullest?.use) return `No kubelet says how full the ${claims.length} volumes of ${role} are.`;
  const growth = claims.some(({ expandable }) => expandable === false) ? '; their storage class does not let them grow' : '';
  const unknown = known < claims.length ? `; of ${claims.length - known} it is not known` : '';
  return `The fullest volume of ${role}, ${fullest.name}, is ${(fullness(fullest)! * 100).toFixed(0)} % full (${showBytes(fullest.use.availableBytes)} of ${showBytes(fullest.use.capacityBytes)} free)${unknown}${growth}.`;
}

function row(claim: Claim): string[] {
  const ratio = fullness(claim);
  const inodes = inodeFullness(claim);
  return [
    claim.name, claim.pod, [claim.phase, ...claim.conditions].join(', '), quantityOf(claim.requestedBytes),
    ratio === undefined ? 'unknown' : `${(ratio * 100).toFixed(0)} %`,
    claim.use ? showBytes(claim.use.availableBytes) : 'unknown',
    inodes === undefined ? 'unknown' : `${(inodes * 100).toFixed(0)} %`,
    claim.storageClass ?? 'none',
    claim.expandable === undefined ? 'unknown' : claim.expandable ? 'yes' : 'no',
  ];
}

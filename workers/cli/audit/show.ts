import canonicalize from 'canonicalize';
import { hashOf } from '../../../workflows/domain/plan-hash';
import { verifyIncident } from '../../audit/verify';
import type { AuditOptions } from '../audit-commands';
import { CommandError, EXIT } from '../exit';
import { moment, oneLine, printJson } from '../terminal';
import { incidentNamed, openShelf } from './shelf';

/** More of an entry than this is for `--json`. */
const SHOWN_CHARACTERS = 160;

export async function showAudit(id: string, { json, ...overrides }: AuditOptions): Promise<void> {
  const shelf = await openShelf(overrides);
  const publicId = incidentNamed(shelf, id);
  const { entries, faults } = verifyIncident(await shelf.exhibitsOf(publicId));
  if (entries.length === 0) throw new CommandError(`There is no audit trail of ${publicId}. "npx nightshift audit verify ${publicId}" says why.`, EXIT.notFound);
  if (json) return printJson({ publicId, entries, faults });
  const lines = entries.map(({ n, at, kind, actor, body }) => `${String(n).padStart(3)}  ${moment(at)}  ${kind.padEnd(16)} ${oneLine(actor)}: ${oneLine(canonicalize(body) ?? '').slice(0, SHOWN_CHARACTERS)}`);
  console.log([...lines, ...(faults.length > 0 ? [`It is not as it was written: npx nightshift audit verify ${publicId}`] : [])].join('\n'));
}

export async function showHead({ json, ...overrides }: AuditOptions): Promise<void> {
  const { ledger } = await openShelf(overrides);
  const last = ledger.entries.at(-1);
  if (!last) throw new CommandError('The ledger is empty: no incident has closed, and nobody has sent anything.', EXIT.notFound);
  const hash = hashOf(last);
  if (json) printJson({ n: last.n, hash, at: last.at });
  else console.log(`${last.n}:${hash}`);
}

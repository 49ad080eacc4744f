import { Client, Connection } from '@temporalio/client';
import pc from 'picocolors';
import { hashOf } from '../../../workflows/domain/plan-hash';
import type { Fault } from '../../audit/chain';
import { historyFaults, readHistory } from '../../audit/history';
import { LEDGER } from '../../audit/ledger-entry';
import { verifyIncident } from '../../audit/verify';
import { dataConverterOf } from '../../encryption';
import { ownTemporalAddress } from '../../supervisor/temporal';
import type { Anchor, VerifyOptions } from '../audit-commands';
import { CommandError, EXIT } from '../exit';
import { oneLine, printJson } from '../terminal';
import { incidentNamed, openShelf, type Shelf } from './shelf';

interface Checked {
  publicId: string;
  entries: number;
  faults: Fault[];
  /** What Temporal said: `agrees`, `forgotten` (retention), or why it was not asked. */
  history: string;
}

/** @throws CommandError when anything is not as it was written */
export async function verifyAudit(id: string | undefined, { all, since = '', anchor, json, ...overrides }: VerifyOptions): Promise<void> {
  if ((id === undefined) === (all !== true)) throw new CommandError('Name one incident, or say --all.', EXIT.wrongUse);
  const shelf = await openShelf(overrides);
  const wanted = id === undefined ? shelf.known.filter((publicId) => publicId.slice(0, 8) >= since) : [incidentNamed(shelf, id)];
  const ledger = [...shelf.ledger.faults, ...(anchor ? anchorFaults(shelf, anchor) : [])];
  const checked = await withTemporal(shelf, async (client) => {
    const done: Checked[] = [];
    for (const publicId of wanted) done.push(await check(shelf, publicId, client));
    return done;
  });
  const faults = ledger.length + checked.reduce((sum, { faults: found }) => sum + found.length, 0);
  if (json) printJson({ whole: faults === 0, ledger: { entries: shelf.ledger.entries.length, faults: ledger }, incidents: checked });
  else console.log([...ledgerLines(shelf, ledger), ...checked.flatMap(incidentLines)].join('\n'));
  if (faults > 0) throw new CommandError(`${faults} ${faults === 1 ? 'thing is' : 'things are'} not as Nightshift wrote ${faults === 1 ? 'it' : 'them'}.`);
}

async function check(shelf: Shelf, publicId: string, client: Client | string): Promise<Checked> {
  const { entries, faults } = verifyIncident(await shelf.exhibitsOf(publicId));
  const { workflowId, firstRunId } = entries[0]?.body ?? {};
  if (typeof client === 'string' || typeof workflowId !== 'string' || typeof firstRunId !== 'string') {
    return { publicId, entries: entries.length, faults, history: typeof client === 'string' ? client : 'the trail does not say which workflow it was' };
  }
  try {
    const history = await client.withDeadline(Date.now() + TEMPORAL_WITHIN_MS, () => readHistory(client, { workflowId, firstRunId }));
    if (!history) return { publicId, entries: entries.length, faults, history: 'forgotten' };
    const found = historyFaults(entries, history);
    return { publicId, entries: entries.length, faults: [...faults, ...found], history: found.length === 0 ? 'agrees' : 'differs' };
  } catch (error) {
    return { publicId, entries: entries.length, faults, history: `did not answer (${oneLine(error instanceof Error ? error.message : String(error))})` };
  }
}

/** A history is read within a second; a Temporal that is away is no reason not to check the files. */
const TEMPORAL_WITHIN_MS = 10_000;

async function withTemporal<Result>({ config, dir }: Shelf, work: (client: Client | string) => Promise<Result>): Promise<Result> {
  const address = config.temporal.address ?? ownTemporalAddress(dir);
  if (!address) return work('was not asked: no address is known');
  let connection: Connection;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
  } catch {
    return work(`was not asked: there is none at ${address}`);
  }
  try {
    return await work(new Client({ connection, namespace: config.temporal.namespace, ...dataConverterOf(config.temporal.encryption) }));
  } finally {
    await connection.close();
  }
}

function anchorFaults({ ledger }: Shelf, { n, hash }: Anchor): Fault[] {
  const entry = ledger.entries.find((candidate) => candidate.n === n);
  if (!entry) return [{ where: LEDGER, problem: `entry ${n}, which was kept elsewhere, is missing: the ledger was cut off` }];
  return hashOf(entry) === hash ? [] : [{ where: `${LEDGER}, entry ${n}`, problem: 'it is not the one that was kept elsewhere: the ledger was replaced' }];
}

function ledgerLines({ ledger: { entries } }: Shelf, faults: readonly Fault[]): string[] {
  const mark = faults.length === 0 ? pc.green('✓') : pc.red('✗');
  return [`${mark} ${LEDGER}: ${entries.length} entries, ${faults.length === 0 ? 'chained and signed' : 'not whole'}`, ...faultLines(faults)];
}

function incidentLines({ publicId, entries, faults, history }: Checked): string[] {
  const mark = faults.length === 0 ? pc.green('✓') : pc.red('✗');
  return [`${mark} ${publicId}: ${entries} entries; Temporal's history ${history}`, ...faultLines(faults)];
}

function faultLines(faults: readonly Fault[]): string[] {
  return faults.map(({ where, problem }) => `    ${oneLine(where)}: ${oneLine(problem)}`);
}

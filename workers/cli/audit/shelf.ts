import { readFileSync } from 'node:fs';
import { matchesId, PUBLIC_ID_PATTERN } from '../../../workflows/contracts';
import type { Chain } from '../../audit/chain';
import { readLedger, type KnownKey, type LedgerEntry } from '../../audit/ledger-entry';
import { AUDIT, RECORD, type Exhibits } from '../../audit/verify';
import { loadConfig, type ConfigOverrides, type NightshiftConfig } from '../../config';
import { dataDirAt, type DataDir } from '../../data-dir';
import { readStoredKeys } from '../../keys';
import { recordStoreOf } from '../../records';
import { CommandError, EXIT } from '../exit';

/** Everything on this machine that an audit goes by. */
export interface Shelf {
  config: NightshiftConfig;
  dir: DataDir;
  keys: KnownKey[];
  ledger: Chain<LedgerEntry>;
  /** Public IDs that the records or the ledger know, newest first. */
  known: string[];
  exhibitsOf(publicId: string): Promise<Exhibits>;
}

/** Only reads: an audit of a folder that is not there must not make one. */
export async function openShelf(overrides: ConfigOverrides): Promise<Shelf> {
  const config = loadConfig(overrides);
  const dir = dataDirAt(config.dataDir);
  const records = recordStoreOf(config);
  const keys = readStoredKeys(dir).map(({ keyId, publicKey, retired }): KnownKey => ({ keyId, publicKey, ...(retired && { retiredAt: retired.at }) }));
  const ledger = readLedger(contentOf(dir.ledgerFile), keys);
  const known = new Set([...(await records.list()), ...ledger.entries.map(({ publicId }) => publicId).filter((id) => PUBLIC_ID_PATTERN.test(id))]);
  const exhibitsOf = async (publicId: string): Promise<Exhibits> => ({
    publicId,
    audit: await records.read(publicId, AUDIT),
    record: await records.read(publicId, RECORD),
    ledger: ledger.entries,
    keys,
  });
  return { config, dir, keys, ledger, known: [...known].sort().reverse(), exhibitsOf };
}

/** @throws CommandError when there is none, or several */
export function incidentNamed({ known }: Shelf, id: string): string {
  const found = known.filter((publicId) => id === 'latest' || matchesId(publicId, id));
  if (found.length > 1 && id !== 'latest') throw new CommandError(`${id} could be ${found.slice(0, 5).join(', ')}: give more of the ID.`, EXIT.refused);
  if (found[0] === undefined) throw new CommandError(`Neither the records nor the ledger know an incident ${id}; open ones have no record yet.`, EXIT.notFound);
  return found[0];
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new CommandError(`The ledger ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
  }
}

import { sign, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import canonicalize from 'canonicalize';
import { NOTHING_BEFORE } from '../../workflows/domain/audit';
import { hashOf } from '../../workflows/domain/plan-hash';
import { ledgerBytes, ledgerEntry, type LedgerEntry, type LedgerFact } from './ledger-entry';

export interface SigningKey {
  keyId: string;
  privateKey: KeyObject;
}

/**
 * The gateway's signed journal: what it knows of incidents, kept where neither workers nor whoever can write records
 * reach it. Only appended to; one gateway writes it.
 */
export class Ledger {
  private last: Pick<LedgerEntry, 'n'> & { hash: string } = { n: -1, hash: NOTHING_BEFORE };
  /** Bytes of the file as this process knows it. */
  private size = -1;
  private queue: Promise<unknown> = Promise.resolve();

  /** @param signingKey asked for each entry, because keys are changed while the gateway runs */
  constructor(
    private readonly file: string,
    private readonly signingKey: () => SigningKey,
  ) {}

  /** Entries so far; signatures are not checked here. */
  async entries(): Promise<LedgerEntry[]> {
    const content = await readFile(this.file, 'utf8').catch(unlessMissing);
    return content.split('\n').filter(Boolean).map((line) => ledgerEntry.parse(JSON.parse(line)));
  }

  /** Appends, one after the other, and answers when the disk has it. @throws Error when the file cannot be written */
  append(fact: LedgerFact, at = new Date()): Promise<LedgerEntry> {
    const appended = this.queue.then(() => this.appendNow(fact, at));
    this.queue = appended.catch(() => undefined);
    return appended;
  }

  private async appendNow(fact: LedgerFact, at: Date): Promise<LedgerEntry> {
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const handle = await open(this.file, 'a', 0o600);
    try {
      if ((await handle.stat()).size !== this.size) await this.catchUp();
      const { keyId, privateKey } = this.signingKey();
      const unsigned = { ...fact, schema: 'nightshift/ledger/v1' as const, n: this.last.n + 1, previous: this.last.hash, at: at.toISOString(), keyId };
      const entry: LedgerEntry = { ...unsigned, signature: sign(null, ledgerBytes(unsigned), privateKey).toString('hex') };
      // Whatever comes of the write, the file is looked at again before the next one.
      this.size = -1;
      await handle.appendFile(`${canonicalize(entry)}\n`);
      await handle.sync();
      this.last = { n: entry.n, hash: hashOf(entry) };
      this.size = (await handle.stat()).size;
      return entry;
    } finally {
      await handle.close();
    }
  }

  /** Finds the end of the file. A line that a crash cut off was never answered for, and goes. */
  private async catchUp(): Promise<void> {
    const content = await readFile(this.file);
    const end = content.lastIndexOf('\n') + 1;
    if (end < content.length) await truncate(this.file, end);
    const line = content.subarray(0, end).toString('utf8').trimEnd().split('\n').at(-1);
    const entry = line ? ledgerEntry.parse(JSON.parse(line)) : undefined;
    this.last = entry ? { n: entry.n, hash: hashOf(entry) } : { n: -1, hash: NOTHING_BEFORE };
  }
}

function unlessMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

import { ed25519 } from '@noble/curves/ed25519';
import { utf8ToBytes } from '@noble/hashes/utils';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import type { VerificationKey } from '../../workflows/contracts';
import { readChain, type Chain, type Fault } from './chain';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const link = {
  /** So that nothing else that is signed with the same key can be taken for an entry. */
  schema: z.literal('nightshift/ledger/v1'),
  n: z.int().nonnegative(),
  previous: hash,
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
};

/** The end of an incident, as Temporal told the gateway. */
const closed = z.strictObject({
  ...link,
  kind: z.literal('closed'),
  publicId: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  closedAt: z.iso.datetime(),
  /** How the run ended; only one that completed has written a record. */
  ended: z.string(),
  /** Number of entries and hash of the last one; absent where the run told none. */
  entries: z.int().nonnegative().optional(),
  head: hash.optional(),
});

/** What somebody told an incident through this gateway, and what the incident answered. */
const message = z.strictObject({
  ...link,
  kind: z.literal('message'),
  publicId: z.string(),
  messageId: z.string(),
  message: z.string(),
  actor: z.string(),
  /** `sent` is written before it is sent, so that nothing is sent that the ledger does not know. */
  answer: z.enum(['sent', 'accepted', 'refused', 'unanswered']),
  reason: z.string().optional(),
  verdict: z.string().optional(),
  planHash: z.string().optional(),
});

export const ledgerEntry = z.discriminatedUnion('kind', [closed, message]);
export type LedgerEntry = z.output<typeof ledgerEntry>;
export type ClosedEntry = z.output<typeof closed>;
export type MessageEntry = z.output<typeof message>;

type Own<Entry> = Entry extends LedgerEntry ? Omit<Entry, keyof typeof link> : never;
/** What an entry says, without what the ledger adds. */
export type LedgerFact = Own<LedgerEntry>;

/** A key that signed, and until when it did. */
export interface KnownKey extends VerificationKey {
  /** RFC 3339; what it signed later does not count. */
  retiredAt?: string;
}

export const LEDGER = 'ledger.jsonl';

/** The bytes that are signed. */
export function ledgerBytes(entry: Omit<LedgerEntry, 'signature'>): Uint8Array {
  return utf8ToBytes(canonicalize(entry) ?? '');
}

/** Reads a ledger and checks chain and signatures. @param keys every key that this Nightshift ever signed with */
export function readLedger(content: string, keys: readonly KnownKey[]): Chain<LedgerEntry> {
  const { entries, faults } = readChain(content, LEDGER, ledgerEntry);
  return { entries, faults: [...faults, ...entries.flatMap((entry) => signatureFault(entry, keys))] };
}

function signatureFault(entry: LedgerEntry, keys: readonly KnownKey[]): Fault[] {
  const where = `${LEDGER}, entry ${entry.n}`;
  const key = keys.find(({ keyId }) => keyId === entry.keyId);
  if (!key) return [{ where, problem: `it is signed with the key ${entry.keyId}, which is not one of this Nightshift's keys` }];
  const { signature, ...said } = entry;
  if (!verifies(signature, ledgerBytes(said), key)) return [{ where, problem: 'the signature does not match what it says' }];
  if (key.retiredAt !== undefined && entry.at > key.retiredAt) return [{ where, problem: `it is signed with the key ${entry.keyId} after that was retired (${key.retiredAt})` }];
  return [];
}

function verifies(signature: string, bytes: Uint8Array, { publicKey }: VerificationKey): boolean {
  try {
    return ed25519.verify(signature, bytes, publicKey);
  } catch {
    // A key file that holds no key: noble throws instead of answering false.
    return false;
  }
}

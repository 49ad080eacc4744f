import canonicalize from 'canonicalize';
import { ed25519 } from '@noble/curves/ed25519';
import { utf8ToBytes } from '@noble/hashes/utils';
import type { Envelope, MessageName, Signed, Statement, VerificationKey } from '../contracts/decisions';

/** The bytes that are signed: canonical JSON (RFC 8785), so that key order and white space never matter. */
export function statementBytes(statement: Statement<unknown>): Uint8Array {
  return utf8ToBytes(canonicalize(statement) ?? '');
}

export function isSigned<Body>(envelope: Envelope<Body>): envelope is Signed<Body> {
  return typeof envelope === 'object' && envelope !== null && 'signature' in envelope && 'statement' in envelope;
}

/** What the statement must be about for it to count here. */
export interface Addressee {
  message: MessageName;
  temporalNamespace: string;
  workflowId: string;
  firstRunId: string;
  /** RFC 3339; the statement must not have expired by then. */
  now: string;
}

/**
 * Why a signed statement does not count, as a sentence; undefined when it does. Pure: runs in the workflow sandbox,
 * in the gateway and in the mutating activity alike.
 */
export function statementFault(signed: Signed<unknown>, addressee: Addressee, keys: readonly VerificationKey[]): string | undefined {
  const { statement } = signed;
  if (statement?.version !== 1) return 'the statement is of a version that is not understood here';
  const key = keys.find((candidate) => candidate.keyId === signed.keyId);
  if (!key) return `it is signed with the key ${String(signed.keyId)}, which is not trusted here`;
  if (!signatureHolds(signed, key)) return 'the signature does not match the statement';
  for (const field of ['message', 'temporalNamespace', 'workflowId', 'firstRunId'] as const) {
    if (statement[field] !== addressee[field]) return `it is addressed to another ${field} (${String(statement[field])})`;
  }
  // Written so that a time nobody can read has passed.
  if (!(Date.parse(statement.expiresAt) >= Date.parse(addressee.now))) return `it expired at ${statement.expiresAt}`;
  return undefined;
}

function signatureHolds(signed: Signed<unknown>, key: VerificationKey): boolean {
  try {
    return ed25519.verify(signed.signature, statementBytes(signed.statement), key.publicKey);
  } catch {
    // A signature or key that is not even well-formed: noble throws instead of answering false.
    return false;
  }
}

import canonicalize from 'canonicalize';
import { ed25519 } from '@noble/curves/ed25519';
import { utf8ToBytes } from '@noble/hashes/utils';
import type { AcceptedDecision, KeyCertificate, VerificationKey } from '../contracts/decisions';

export const CERTIFICATE_PURPOSE = 'nightshift key certificate';

/** So many rotations in the life of one incident; each costs a signature check in a workflow task. */
const MOST_CERTIFICATES = 8;

/** The bytes that the older key signs. */
export function certificateBytes({ purpose, key, by, issuedAt }: Omit<KeyCertificate, 'signature'>): Uint8Array {
  return utf8ToBytes(canonicalize({ purpose, key, by, issuedAt }) ?? '');
}

/**
 * The keys, and those that one of them vouches for, directly or through others. Pure; certificates come from outside and
 * may have any shape: what does not hold is left out.
 */
export function withCertified(keys: readonly VerificationKey[], certificates: unknown): VerificationKey[] {
  const known = [...keys];
  if (!Array.isArray(certificates)) return known;
  let waiting = certificates.slice(0, MOST_CERTIFICATES).filter(isCertificate);
  for (let found = true; found; ) {
    const held = waiting.filter((certificate) => holds(certificate, known));
    waiting = waiting.filter((certificate) => !held.includes(certificate));
    known.push(...held.map(({ key: { keyId, publicKey } }) => ({ keyId, publicKey })).filter(({ keyId }) => !known.some((key) => key.keyId === keyId)));
    found = held.length > 0;
  }
  return known;
}

/** The keys, and those that the signers of these decisions brought certificates for. */
export function keysFor(decisions: readonly AcceptedDecision[], keys: readonly VerificationKey[]): readonly VerificationKey[] {
  return decisions.reduce<readonly VerificationKey[]>((known, { signed }) => (signed?.certificates ? withCertified(known, signed.certificates) : known), keys);
}

function isCertificate(value: unknown): value is KeyCertificate {
  const certificate = value as Partial<KeyCertificate> | null;
  return certificate?.purpose === CERTIFICATE_PURPOSE && typeof certificate.key?.keyId === 'string' && typeof certificate.key.publicKey === 'string';
}

function holds(certificate: KeyCertificate, known: readonly VerificationKey[]): boolean {
  const issuer = known.find(({ keyId }) => keyId === certificate.by);
  if (!issuer) return false;
  try {
    return ed25519.verify(certificate.signature, certificateBytes(certificate), issuer.publicKey);
  } catch {
    // A signature or key that is not even well-formed: noble throws instead of answering false.
    return false;
  }
}

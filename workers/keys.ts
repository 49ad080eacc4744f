import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { KeyCertificate, VerificationKey } from '../workflows/contracts';
import { CERTIFICATE_PURPOSE, certificateBytes } from '../workflows/domain/key-certificates';
import { verificationKeyOf, writeSecret, type DataDir } from './data-dir';

const hex = (characters: number) => z.string().regex(new RegExp(`^[0-9a-f]{${characters}}$`), `expected ${characters} hexadecimal digits`);
const verificationKey = z.strictObject({ keyId: z.string().min(1), publicKey: hex(64) });

/** `<data dir>/keys/<key ID>.json`: the public half of a key, and what became of it. */
const storedKey = verificationKey.extend({
  /** The key before it vouches for it; absent for the first one. */
  certificate: z.strictObject({ purpose: z.literal(CERTIFICATE_PURPOSE), key: verificationKey, by: z.string(), issuedAt: z.iso.datetime(), signature: hex(128) }).optional(),
  retired: z.strictObject({ at: z.iso.datetime(), reason: z.string() }).optional(),
});
export type StoredKey = z.output<typeof storedKey>;

/** What the gateway signs with. */
export interface SigningIdentity {
  keyId: string;
  privateKey: KeyObject;
  /** From the first key of this Nightshift to this one, for incidents that know an older one only. */
  certificates: KeyCertificate[];
}

/** Every key, retired ones as well. @throws Error that names the file that is no key */
export function readStoredKeys(dir: DataDir): StoredKey[] {
  if (!existsSync(dir.keysDir)) return [];
  return readdirSync(dir.keysDir).filter((name) => name.endsWith('.json')).sort().map((name) => readKey(path.join(dir.keysDir, name)));
}

/** Keys whose signatures this machine's workers accept now. Read before each use: a key that was retired is worthless at once. */
export function readVerificationKeys(dir: DataDir): VerificationKey[] {
  return readStoredKeys(dir).filter(({ retired }) => !retired).map(({ keyId, publicKey }) => ({ keyId, publicKey }));
}

/** The key that signs now. Read before each use: keys are changed while the gateway runs. */
export function signingIdentity(dir: DataDir): SigningIdentity {
  const privateKey = createPrivateKey(readFileSync(dir.signingKeyFile));
  const { keyId } = verificationKeyOf(privateKey);
  return { keyId, privateKey, certificates: certificatesTo(keyId, readStoredKeys(dir)) };
}

function certificatesTo(keyId: string, keys: readonly StoredKey[]): KeyCertificate[] {
  const chain: KeyCertificate[] = [];
  for (let certificate = certificateOf(keyId, keys); certificate && !chain.includes(certificate); certificate = certificateOf(certificate.by, keys)) chain.unshift(certificate);
  return chain;
}

function certificateOf(keyId: string, keys: readonly StoredKey[]): KeyCertificate | undefined {
  return keys.find((key) => key.keyId === keyId)?.certificate;
}

/** Makes a key that this machine's workers trust from now on and that the key which signs now vouches for. It does not sign yet. */
export function addKey(dir: DataDir, now = new Date()): StoredKey {
  const current = signingIdentity(dir);
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = verificationKeyOf(privateKey);
  const unsigned = { purpose: CERTIFICATE_PURPOSE, key, by: current.keyId, issuedAt: now.toISOString() } as const;
  const stored: StoredKey = { ...key, certificate: { ...unsigned, signature: sign(null, certificateBytes(unsigned), current.privateKey).toString('hex') } };
  mkdirSync(dir.preparedKeysDir, { recursive: true, mode: 0o700 });
  writeSecret(preparedFile(dir, key.keyId), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  writeKey(dir, stored);
  return stored;
}

/** Signs with a prepared key from now on. The private half of the one before is gone. @throws Error when it was not prepared here */
export function useKey(dir: DataDir, keyId: string): void {
  const file = preparedFile(dir, keyId);
  const stored = readStoredKeys(dir).find((key) => key.keyId === keyId);
  if (!stored || !existsSync(file)) throw new Error(`There is no prepared key ${keyId}: "npx nightshift keys list" shows those that are, "npx nightshift keys add" prepares one.`);
  if (stored.retired) throw new Error(`The key ${keyId} is retired; add another one.`);
  renameSync(file, dir.signingKeyFile);
}

/** What it signed is worthless for workers from now on. @throws Error for the key that signs, or one that is not known */
export function retireKey(dir: DataDir, keyId: string, reason: string, now = new Date()): StoredKey {
  const stored = readStoredKeys(dir).find((key) => key.keyId === keyId);
  if (!stored) throw new Error(`There is no key ${keyId}; "npx nightshift keys list" shows those that are.`);
  if (signingIdentity(dir).keyId === keyId) throw new Error(`The key ${keyId} signs now: make another one first with "npx nightshift keys rotate".`);
  if (stored.retired) return stored;
  const retired = { ...stored, retired: { at: now.toISOString(), reason } };
  writeKey(dir, retired);
  return retired;
}

/** What becomes of signatures with it. */
export function stateOf(dir: DataDir, { keyId, retired }: StoredKey): 'signs' | 'prepared' | 'trusted' | 'retired' {
  if (retired) return 'retired';
  if (signingIdentity(dir).keyId === keyId) return 'signs';
  return existsSync(preparedFile(dir, keyId)) ? 'prepared' : 'trusted';
}

function preparedFile(dir: DataDir, keyId: string): string {
  return path.join(dir.preparedKeysDir, `${path.basename(keyId)}.pem`);
}

function readKey(file: string): StoredKey {
  try {
    return storedKey.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? `${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}` : (error as Error).message;
    throw new Error(`${file} is no public key of Nightshift (${reason}): restore it, or move it away if no open incident needs it.`, { cause: error });
  }
}

/** Whole or not at all: workers read it at any moment. */
function writeKey(dir: DataDir, key: StoredKey): void {
  const file = path.join(dir.keysDir, `${path.basename(key.keyId)}.json`);
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(key, null, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
}

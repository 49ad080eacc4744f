import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { VerificationKey } from '../workflows/contracts';

/** Every file that Nightshift keeps on one machine, by purpose. */
export interface DataDir {
  readonly root: string;
  /** Bearer token of whoever owns this directory; serves webhook and API. Mode 0600. */
  readonly tokenFile: string;
  /** Tokens of other local users that this machine's CLI may use (`--as`). Mode 0600 each. */
  readonly tokensDir: string;
  /** Local users: names, roles and hashes of their tokens. */
  readonly usersFile: string;
  /** Ed25519 private key (PEM, 0600) that signs decisions; read by the gateway only. */
  readonly signingKeyFile: string;
  /** Private keys that are made and do not sign yet. */
  readonly preparedKeysDir: string;
  /** Public keys that workers trust, and retired ones, one JSON file each. */
  readonly keysDir: string;
  /** Key of the digests by which plans name secret values. Mode 0600. */
  readonly digestKeyFile: string;
  readonly logsDir: string;
  readonly quarantineDir: string;
  /** What the gateway signed: the ends of closed incidents' audit trails, and what people sent. One chain, one line an entry. */
  readonly ledgerFile: string;
  /** SQLite file of the embedded Temporal. */
  readonly temporalDatabase: string;
  /** Port and process of the embedded Temporal. */
  readonly temporalHandle: string;
  /** Where the gateway listens, for the command line. */
  readonly urlFile: string;
  /** The running `nightshift start`. */
  readonly lockFile: string;
}

export function dataDirAt(root: string): DataDir {
  const at = (name: string) => path.join(root, name);
  return {
    root,
    tokenFile: at('token'),
    tokensDir: at('tokens'),
    usersFile: at('users.json'),
    signingKeyFile: at('signing-key.pem'),
    preparedKeysDir: at('prepared-keys'),
    keysDir: at('keys'),
    digestKeyFile: at('digest-key'),
    logsDir: at('logs'),
    quarantineDir: at('quarantine'),
    ledgerFile: at('ledger.jsonl'),
    temporalDatabase: at('temporal.db'),
    temporalHandle: at('temporal.json'),
    urlFile: at('url'),
    lockFile: at('start.pid'),
  };
}

/** Creates what is missing: directories, the machine's token, the signing key and its public half. */
export function ensureDataDir(root: string): DataDir {
  const dir = dataDirAt(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  for (const folder of [dir.keysDir, dir.logsDir, dir.quarantineDir, dir.tokensDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(dir.tokenFile)) writeSecret(dir.tokenFile, `${randomBytes(32).toString('base64url')}\n`);
  if (!existsSync(dir.digestKeyFile)) writeSecret(dir.digestKeyFile, `${randomBytes(32).toString('base64url')}\n`);
  if (!existsSync(dir.signingKeyFile)) {
    writeSecret(dir.signingKeyFile, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const key = verificationKeyOf(readSigningKey(dir));
  const file = path.join(dir.keysDir, `${key.keyId}.json`);
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(key, null, 2)}\n`);
  return dir;
}

/** The digest key of the machine with this data directory. */
export function digestKeyOf(root: string): string {
  return readFileSync(ensureDataDir(root).digestKeyFile, 'utf8').trim();
}

export function readToken(dir: DataDir): string {
  return readFileSync(dir.tokenFile, 'utf8').trim();
}

export function readSigningKey(dir: DataDir): KeyObject {
  return createPrivateKey(readFileSync(dir.signingKeyFile));
}

/** The public half in the form in which workflows know it; its ID is a digest, so that it names itself. */
export function verificationKeyOf(privateKey: KeyObject): VerificationKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (!x) throw new Error('The signing key is not an Ed25519 key.');
  const publicKey = Buffer.from(x, 'base64url').toString('hex');
  return { keyId: createHash('sha256').update(publicKey).digest('hex').slice(0, 16), publicKey };
}

/** Written for its owner only, whatever the umask says. */
export function writeSecret(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  chmodSync(file, 0o600);
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { temporal } from '@temporalio/proto';

export interface EncryptionKey {
  /** Travels with what it encrypted, in clear. */
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
/** What NIST SP 800-38D recommends for GCM; a random one per payload. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts whatever goes to Temporal and its database: arguments, results, memos, failures, notes of people. What is not
 * a payload stays readable: workflow IDs, search attributes, names of activities. The first key encrypts; all decrypt,
 * so that a new one is put before the old one, and the old one goes when the last history that needs it is gone.
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly keys: ReadonlyMap<string, Buffer>;

  constructor(private readonly current: EncryptionKey, others: readonly EncryptionKey[] = []) {
    this.keys = new Map([...others, current].map(({ id, key }) => [id, key]));
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.encrypt(payload));
  }

  /** What is not encrypted is left as it is: it is older than the encryption, or comes from Temporal itself. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.decrypt(payload) : payload));
  }

  private encrypt(payload: Payload): Payload {
    const { id, key } = this.current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce);
    // The key's ID is bound to the text, so that it cannot be exchanged for another's.
    cipher.setAAD(encode(id));
    const plain = temporal.api.common.v1.Payload.encode(payload).finish();
    const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { encoding: encode(ENCODING), 'encryption-key-id': encode(id) }, data };
  }

  /** @throws Error that names the key when it is not configured, or the text was changed */
  private decrypt({ metadata, data }: Payload): Payload {
    const id = decode(metadata?.['encryption-key-id'] ?? new Uint8Array());
    const key = this.keys.get(id);
    if (!key) throw new Error(`A payload was encrypted with the key "${id}", which temporal.encryption.keys of the configuration does not have; add it below the current one.`);
    const bytes = Buffer.from(data ?? new Uint8Array());
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(encode(id));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return temporal.api.common.v1.Payload.decode(Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
    } catch (error) {
      throw new Error(`A payload encrypted with the key "${id}" cannot be read: it was changed, or the key is another one of the same name.`, { cause: error });
    }
  }
}

function isEncrypted({ metadata }: Payload): boolean {
  const encoding = metadata?.['encoding'];
  return encoding != null && decode(encoding) === ENCODING;
}

/** What clients and workers are given when the configuration names keys; Temporal's default otherwise. */
export function dataConverterOf(keys: readonly EncryptionKey[]): { dataConverter?: DataConverter } {
  const [current, ...others] = keys;
  if (!current) return {};
  // Messages and stack traces of failures are encrypted as well; the sandbox of workflows needs that converter by path.
  return { dataConverter: { payloadCodecs: [new EncryptionCodec(current, others)], failureConverterPath: path.join(__dirname, 'encrypted-failures.js') } };
}

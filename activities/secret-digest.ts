import { createHmac } from 'node:crypto';

/** Where a secret value stands: the same value elsewhere has another digest, so that nobody learns that two are equal. */
export interface SecretPlace {
  namespace: string;
  name: string;
  key: string;
}

/** A keyed digest (HMAC-SHA-256) of a secret value. Without the key it cannot even be used to try guesses. */
export type SecretDigest = (place: SecretPlace, value: Buffer) => string;

/** Half a SHA-256 is enough to tell values apart, and is read more easily. */
const SHOWN = 32;

export function secretDigest(key: string | Buffer): SecretDigest {
  return ({ namespace, name, key: entry }, value) => {
    // The digest's input is unambiguous: none of these names can hold a slash.
    const digest = createHmac('sha256', key).update(`${namespace}/${name}/${entry}/`).update(value).digest('hex');
    return `hmac-sha256:${digest.slice(0, SHOWN)}`;
  };
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { LabPaths } from '../paths';
import { OBJSTORE } from '../settings';

/**
 * Writes the lab's Secrets, one file each, readable by their owner only. They are no part of the desired state, because
 * a Secret belongs to no repository.
 */
export function writeSecrets(paths: LabPaths, webhookToken: string): void {
  rmSync(paths.secrets, { recursive: true, force: true });
  mkdirSync(paths.secrets, { recursive: true, mode: 0o700 });
  const [accessKey, secretKey] = ['thanos', randomBytes(20).toString('hex')];
  const contents: Record<string, Record<string, string>> = {
    'alertmanager-webhook': { token: webhookToken },
    'thanos-objstore-secret': {
      'objstore.yml': stringify({ type: 'S3', config: { bucket: OBJSTORE.bucket, endpoint: OBJSTORE.endpoint, access_key: accessKey, secret_key: secretKey, insecure: true } }),
    },
    'objstore-users': {
      's3.json': JSON.stringify({ identities: [{ name: 'thanos', credentials: [{ accessKey, secretKey }], actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'] }] }),
    },
  };
  for (const [name, stringData] of Object.entries(contents)) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'monitoring' }, stringData };
    writeFileSync(path.join(paths.secrets, `${name}.yaml`), stringify(secret), { mode: 0o600 });
  }
}

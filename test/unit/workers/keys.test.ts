import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withCertified } from '../../../workflows/domain/key-certificates';
import { ensureDataDir } from '../../../workers/data-dir';
import { addKey, readStoredKeys, readVerificationKeys, retireKey, signingIdentity, stateOf, useKey } from '../../../workers/keys';
import { command } from '../../support/command';
import { temporaryFolder } from '../../support/temporary-folder';

const newDir = () => ensureDataDir(temporaryFolder('keys'));
const states = (dir: ReturnType<typeof newDir>) => Object.fromEntries(readStoredKeys(dir).map((key) => [key.keyId, stateOf(dir, key)]));

test('a key is prepared, used, and retired; its private half is for its owner, and the one before is gone', () => {
  const dir = newDir();
  const first = signingIdentity(dir).keyId;
  const { keyId: second } = addKey(dir);
  const prepared = path.join(dir.preparedKeysDir, `${second}.pem`);
  expect(states(dir)).toEqual({ [first]: 'signs', [second]: 'prepared' });
  expect(statSync(prepared).mode & 0o777).toBe(0o600);
  const before = readFileSync(dir.signingKeyFile, 'utf8');
  useKey(dir, second);
  expect({ left: existsSync(prepared), same: readFileSync(dir.signingKeyFile, 'utf8') === before }).toEqual({ left: false, same: false });
  expect(statSync(dir.signingKeyFile).mode & 0o777).toBe(0o600);
  expect(states(dir)).toEqual({ [first]: 'trusted', [second]: 'signs' });
  expect(() => retireKey(dir, second, 'x')).toThrow('signs now');
  retireKey(dir, first, 'rotated');
  expect(states(dir)).toEqual({ [first]: 'retired', [second]: 'signs' });
  expect(readVerificationKeys(dir).map(({ keyId }) => keyId)).toEqual([second]);
  // A start finds everything as it was.
  ensureDataDir(dir.root);
  expect(states(dir)).toEqual({ [first]: 'retired', [second]: 'signs' });
  expect(() => useKey(dir, first)).toThrow('no prepared key');
});

test('a key that was retired before it was used cannot be used', () => {
  const dir = newDir();
  const { keyId } = addKey(dir);
  retireKey(dir, keyId, 'made by mistake');
  expect(() => useKey(dir, keyId)).toThrow('is retired');
});

test('certificates hold only as they were signed, by whom they name, and only from a key that is trusted', () => {
  const dir = newDir();
  const [first] = readVerificationKeys(dir);
  const second = addKey(dir);
  useKey(dir, second.keyId);
  const third = addKey(dir);
  const [one, two] = [second.certificate!, third.certificate!];
  const ids = (certificates: unknown, keys = [first!]) => withCertified(keys, certificates).map(({ keyId }) => keyId);
  expect(ids([one, two])).toEqual([first!.keyId, second.keyId, third.keyId]);
  expect(ids([two, one])).toEqual([first!.keyId, second.keyId, third.keyId]);
  expect(ids([two])).toEqual([first!.keyId]);
  expect(ids([one, two], [])).toEqual([]);
  expect(ids([{ ...one, key: { ...one.key, publicKey: third.publicKey } }])).toEqual([first!.keyId]);
  expect(ids([{ ...two, by: first!.keyId }])).toEqual([first!.keyId]);
  expect(ids([...Array.from({ length: 8 }, () => ({ ...one, signature: '00' })), one])).toEqual([first!.keyId]);
  for (const shape of [undefined, null, 'x', {}, [null, 1, [], { purpose: one.purpose }]]) expect(ids(shape)).toEqual([first!.keyId]);
});

test('a file that is no key is named', () => {
  const dir = newDir();
  writeFileSync(path.join(dir.keysDir, 'x.json'), '{"keyId":"x","publicKey":"short"}');
  expect(() => readVerificationKeys(dir)).toThrow(/x\.json is no public key of Nightshift \(publicKey: expected 64 hexadecimal digits\)/);
});

test('the commands', async () => {
  const dir = newDir();
  const cli = (...args: string[]) => command(['keys', ...args], { NIGHTSHIFT_DATA_DIR: dir.root });
  const rotated = JSON.parse((await cli('rotate', '--json')).stdout) as { keyId: string; before: string };
  expect(signingIdentity(dir).keyId).toBe(rotated.keyId);
  expect((await cli('retire', rotated.keyId, '--reason', 'x')).code).toBe(4);
  expect((await cli('retire', rotated.before)).code).toBe(2);
  expect((await cli('retire', rotated.before, '--reason', 'rotated')).code).toBe(0);
  expect((await cli('use', 'nothing')).code).toBe(4);
  expect((await cli('list')).stdout).toMatch(/retired since .*: rotated/);
}, 60_000);

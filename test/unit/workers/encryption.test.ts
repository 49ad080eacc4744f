import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { EncryptionCodec, type EncryptionKey } from '../../../workers/encryption';

const keyNamed = (id: string): EncryptionKey => ({ id, key: randomBytes(32) });
const [old, current] = [keyNamed('2026-10'), keyNamed('2026-11')];
const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
const value = ([encoded]: Payload[]) => defaultPayloadConverter.fromPayload(encoded!);
const changed = ({ metadata, data }: Payload, at: number): Payload => ({ metadata: metadata ?? null, data: data!.map((byte, index) => (index === (at + data!.length) % data!.length ? byte ^ 1 : byte)) });

const codec = new EncryptionCodec(current, [old]);
const encrypted = async (text: unknown = { note: 'the words' }) => (await codec.encode([payload(text)]))[0]!;

test.each([[{ note: 'the words' }], [null], [''], ['한국어'], [[1, 2, 3]], ['x'.repeat(200_000)]])('comes back as it was: %#', async (given) => {
  expect(value(await codec.decode([await encrypted(given)]))).toEqual(given);
});

test('nothing of it can be read, and the same text never looks the same', async () => {
  const [one, two] = [await encrypted(), await encrypted()];
  expect(Buffer.from(one.data!).toString('latin1')).not.toContain('words');
  expect(Buffer.from(one.data!).equals(Buffer.from(two.data!))).toBe(false);
});

test('a key that was put before another reads what that one encrypted', async () => {
  const before = await new EncryptionCodec(old).encode([payload('older')]);
  expect(value(await codec.decode(before))).toBe('older');
  await expect(new EncryptionCodec(old).decode([await encrypted()])).rejects.toThrow('encrypted with the key "2026-11", which temporal.encryption.keys of the configuration does not have');
});

test.each([0, 20, -1])('what was changed at byte %d is refused', async (at) => {
  await expect(codec.decode([changed(await encrypted(), at)])).rejects.toThrow('cannot be read: it was changed');
});

test('another key of the same name, and the name of another key, are refused', async () => {
  const secret = await encrypted();
  await expect(new EncryptionCodec(keyNamed(current.id)).decode([secret])).rejects.toThrow('or the key is another one of the same name');
  const twin = new EncryptionCodec({ id: 'twin', key: current.key });
  await expect(twin.decode([{ ...secret, metadata: { ...secret.metadata, 'encryption-key-id': Buffer.from('twin') } }])).rejects.toThrow('cannot be read');
});

test('what was written before there was a key is read as it is', async () => {
  expect(value(await codec.decode([payload('plain')]))).toBe('plain');
});

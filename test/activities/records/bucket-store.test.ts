import { randomUUID } from 'node:crypto';
import { BucketRecordStore } from '../../../activities/records/bucket-store';
import type { ObjectBucket } from '../../../activities/records/objects';
import { s3Bucket } from '../../../activities/records/s3-gateway';
import { failureTypeOf } from '../../../workflows/contracts';
import { SeaweedFs } from '../../support/seaweedfs';
import { conformance } from '../../unit/records/store-conformance';

const ID = '20261122-d9b5e34f';
const BUCKET = 'records';
const FILES = { 'record.json': '{"a":1}\n', 'postmortem.md': '# x\n', 'permanent-fix/pdb.yaml': 'a: 1\n' };

let server: SeaweedFs;
beforeAll(async () => {
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  server = await SeaweedFs.start(BUCKET);
}, 120_000);
afterAll(() => server.stop());

/** Nobody else's keys begin so. */
const emptyBucket = () => s3Bucket(server.locationOf(BUCKET, `${randomUUID()}/`));

describe('a bucket of a real object store', () => conformance(() => new BucketRecordStore(emptyBucket())));

/** A bucket that fails from the n-th change on, as for a process that is killed there. */
function failingFrom(bucket: ObjectBucket, change: number): { bucket: ObjectBucket; changes: () => number } {
  let count = 0;
  const step = <Args extends unknown[], Result>(call: (...given: Args) => Promise<Result>) => async (...given: Args): Promise<Result> => {
    count += 1;
    if (count >= change) throw new Error('killed here');
    return call(...given);
  };
  return { bucket: { ...bucket, put: step(bucket.put), remove: step(bucket.remove) }, changes: () => count };
}

describe('a process that dies while it writes', () => {
  it('leaves the whole record or none, wherever it dies, and the retry completes it', async () => {
    const whole = failingFrom(emptyBucket(), Number.POSITIVE_INFINITY);
    await new BucketRecordStore(whole.bucket).write(ID, FILES);
    expect(whole.changes()).toBe(3);
    for (let change = 1; change <= whole.changes(); change += 1) {
      const bucket = emptyBucket();
      const store = new BucketRecordStore(bucket);
      await expect(new BucketRecordStore(failingFrom(bucket, change).bucket).write(ID, FILES)).rejects.toThrow('killed here');
      expect(await store.list()).toEqual([]);
      expect(await store.files(ID)).toEqual([]);
      for (const name of Object.keys(FILES)) expect(await store.read(ID, name)).toBeUndefined();
      expect((await store.write(ID, FILES)).files).toEqual(['permanent-fix/pdb.yaml', 'postmortem.md', 'record.json']);
      for (const [name, content] of Object.entries(FILES)) expect(await store.read(ID, name)).toBe(content);
    }
  });

  it('leaves what can be tidied away, and no whole record goes with it', async () => {
    const bucket = emptyBucket();
    const store = new BucketRecordStore(bucket);
    await store.write('20261122-00000001', FILES);
    await expect(new BucketRecordStore(failingFrom(bucket, 3).bucket).write(ID, FILES)).rejects.toThrow('killed here');
    expect(await store.tidy(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.tidy(new Date(Date.now() + 60_000))).toBe(1);
    expect((await bucket.list('2026/')).map(({ key }) => key).filter((key) => key.includes(ID))).toEqual([]);
    expect(await store.list()).toEqual(['20261122-00000001']);
  });

  it('has removed a record from the first moment on, and the rest goes with the next removal', async () => {
    const bucket = emptyBucket();
    const store = new BucketRecordStore(bucket);
    await store.write(ID, FILES);
    await expect(new BucketRecordStore(failingFrom(bucket, 2).bucket).remove(ID)).rejects.toThrow('killed here');
    expect(await store.list()).toEqual([]);
    expect(await store.read(ID, 'postmortem.md')).toBeUndefined();
    await store.remove(ID);
    expect(await bucket.list('')).toEqual([]);
  });
});

describe('a bucket that cannot be used', () => {
  it.each([
    ['is not there', () => s3Bucket(server.locationOf('no-such-bucket')), '404'],
    ['refuses the key', () => s3Bucket({ ...server.locationOf(BUCKET), credentials: { accessKeyId: 'nobody', secretAccessKey: 'sesame' } }), '403'],
  ])('that %s is asked again, and no key is told', async (_, bucket, said) => {
    const error: unknown = await new BucketRecordStore(bucket()).write(ID, FILES).catch((caught: unknown) => caught);
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
    expect((error as Error).message).toMatch(new RegExp(said));
    expect((error as Error).message).not.toMatch(/sesame|only-on-this-machine/);
  });

  it('that went away is asked again, and takes the record when it is back, with what it had', async () => {
    const bucket = emptyBucket();
    const store = new BucketRecordStore(bucket);
    await store.write('20261121-00000001', FILES);
    await server.down();
    expect(await store.write(ID, FILES).catch(failureTypeOf)).toBe('UpstreamUnavailable');
    expect(await store.list().catch(failureTypeOf)).toBe('UpstreamUnavailable');
    await server.up();
    for (let attempt = 0; attempt < 100; attempt += 1) {
      // Its volumes come back one after the other.
      if (await store.write(ID, FILES).then(() => true, () => false)) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await store.list()).toEqual([ID, '20261121-00000001']);
    expect(await store.read('20261121-00000001', 'record.json')).toBe('{"a":1}\n');
  }, 120_000);
});

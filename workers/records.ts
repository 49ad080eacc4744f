import { DirectoryRecordStore } from '../activities/records/directory-store';
import type { RecordStore } from '../activities/records/store';
import type { NightshiftConfig } from './config';

/** Where this configuration keeps records. The client of a bucket is loaded only where there is one. */
export function recordStoreOf({ recordsDir, recordsBucket }: Pick<NightshiftConfig, 'recordsDir' | 'recordsBucket'>): RecordStore {
  if (!recordsBucket) return new DirectoryRecordStore(recordsDir);
  const { s3Bucket } = require('../activities/records/s3-gateway') as typeof import('../activities/records/s3-gateway.js');
  const { BucketRecordStore } = require('../activities/records/bucket-store') as typeof import('../activities/records/bucket-store.js');
  return new BucketRecordStore(s3Bucket(recordsBucket));
}

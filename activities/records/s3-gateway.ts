import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { failure } from '../../workflows/contracts';
import { statusFailure, transportFailure } from '../http-failures';
import type { ObjectBucket, StoredObject } from './objects';

export interface S3Location {
  bucket: string;
  /** Keys begin with it; empty, or ends with a slash. */
  prefix: string;
  region: string;
  /** Of a store that is not Amazon's. */
  endpoint?: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`; most stores that are not Amazon's need it. */
  pathStyle: boolean;
  /** Where absent, the SDK looks where it usually does: environment, shared files, the pod's or the machine's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** An object store that does not answer by then does not answer; a record is some hundred kilobytes. */
const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** What is retried for a day needs few tries each time. */
const ATTEMPTS = 2;

/** A bucket of Amazon S3, or of a store that speaks the same. */
export function s3Bucket({ bucket: Bucket, prefix, region, endpoint, pathStyle, credentials }: S3Location): ObjectBucket {
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    // Stores that are not Amazon's do not all know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint && { endpoint }),
    ...(credentials && { credentials }),
  });
  const ask = <Answer>(request: string, call: () => Promise<Answer>): Promise<Answer> =>
    call().catch((error: unknown) => {
      throw unavailable(error, { system: `The record bucket ${Bucket}`, request });
    });
  /** An object that is not there is an answer; a bucket that is not there is none. */
  const orAbsent = <Absent>(absent: Absent) => (error: unknown): Absent => {
    if (error instanceof S3ServiceException && ['NoSuchKey', 'NotFound'].includes(error.name)) return absent;
    throw error;
  };
  const pages = async (input: { Prefix: string; Delimiter?: string }) => {
    const found = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ...input, ...(ContinuationToken && { ContinuationToken }) }));
      found.push(page);
      if (!page.NextContinuationToken) return found;
      ContinuationToken = page.NextContinuationToken;
    }
  };

  return {
    location: `s3://${Bucket}/${prefix}`,
    put: (key, content) => ask(`PUT ${key}`, async () => {
        await client.send(new PutObjectCommand({ Bucket, Key: prefix + key, Body: content, ContentType: contentTypeOf(key) }));
      }),
    get: (key) => ask(`GET ${key}`, () => client.send(new GetObjectCommand({ Bucket, Key: prefix + key })).then(({ Body }) => Body?.transformToString('utf-8')).catch(orAbsent(undefined))),
    has: (key) => ask(`HEAD ${key}`, () => client.send(new HeadObjectCommand({ Bucket, Key: prefix + key })).then(() => true).catch(orAbsent(false))),
    list: (below) =>
      ask(`LIST ${below}`, async () => {
        const objects = (await pages({ Prefix: prefix + below })).flatMap(({ Contents = [] }) => Contents);
        return objects.map(({ Key = '', ETag = '', Size = 0, LastModified = new Date() }): StoredObject => ({ key: Key.slice(prefix.length), tag: ETag.replaceAll('"', ''), bytes: Size, changedAt: LastModified }));
      }),
    folders: (below) =>
      ask(`LIST ${below}`, async () => {
        const common = (await pages({ Prefix: prefix + below, Delimiter: '/' })).flatMap(({ CommonPrefixes = [] }) => CommonPrefixes);
        return common.map(({ Prefix = '' }) => Prefix.slice(prefix.length + below.length).replace(/\/$/, ''));
      }),
    remove: (key) => ask(`DELETE ${key}`, async () => {
        await client.send(new DeleteObjectCommand({ Bucket, Key: prefix + key }));
      }),
  };
}

const CONTENT_TYPES: Readonly<Record<string, string>> = { json: 'application/json', jsonl: 'application/x-ndjson', md: 'text/markdown; charset=utf-8', html: 'text/html; charset=utf-8', svg: 'image/svg+xml' };

function contentTypeOf(key: string): string {
  return CONTENT_TYPES[key.slice(key.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8';
}

/** Refused credentials and a missing bucket are mended by people while the record waits: they are asked again, too. */
function unavailable(error: unknown, asked: { system: string; request: string }): Error {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const told = status === undefined ? transportFailure(error, asked) : statusFailure(status, asked, { reason: (error as Error).name });
  return failure('UpstreamUnavailable', told.message, { cause: error });
}

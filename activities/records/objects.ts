/** A bucket of an object store, as records need it. Implementations throw UpstreamUnavailable for whatever goes wrong. */
export interface ObjectBucket {
  /** `s3://bucket/prefix`, for people. */
  readonly location: string;
  put(key: string, content: string): Promise<void>;
  /** `undefined` where there is no such object. */
  get(key: string): Promise<string | undefined>;
  has(key: string): Promise<boolean>;
  /** Every object whose key begins so, in the order of their keys. */
  list(prefix: string): Promise<StoredObject[]>;
  /** Names of the folders right below `prefix`, which ends with a slash or is empty. */
  folders(prefix: string): Promise<string[]>;
  /** Removes one object; one that is not there is fine. */
  remove(key: string): Promise<void>;
}

export interface StoredObject {
  /** Below the bucket's prefix. */
  key: string;
  /** Another one for another content. */
  tag: string;
  bytes: number;
  changedAt: Date;
}

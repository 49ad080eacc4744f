import type { JsonObject, ObjectReference } from '../../workflows/contracts';

/** Under this name Nightshift's writes stand in an object's managedFields. */
export const FIELD_MANAGER = 'nightshift';

/** A Kubernetes object as its API shows it. */
export type KubernetesObject = JsonObject & {
  apiVersion: string;
  kind: string;
  metadata: JsonObject & { name: string; namespace?: string; uid?: string; resourceVersion?: string };
};

export type ObjectType = { apiVersion: string; kind: string };
export type ObjectName = ObjectType & { namespace: string; name: string };

/** RFC 6902. A `test` that does not hold makes the whole patch fail with Conflict. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string };

export interface LogQuery {
  namespace: string;
  pod: string;
  container?: string;
  previous?: boolean;
  sinceSeconds?: number;
  tailLines?: number;
}

/** A node's kubelet, through the API server. */
export interface NodePath {
  resource: 'nodes';
  name: string;
  path: string;
}

/** `services` proxies may name a port after a colon; `port` is a number for pods. */
export interface ProxyPath {
  namespace: string;
  resource: 'pods' | 'services';
  name: string;
  port: number | string;
  path: string;
}

export interface WriteOptions {
  /** Ask the server to check and say what would happen (`dryRun=All`), and to keep nothing. */
  dryRun: boolean;
}

/**
 * What Nightshift needs of a Kubernetes API, in its own words. Implementations throw only failures of
 * `contracts/failures.ts`, mapped in one place (`activities/http-failures.ts`).
 */
export interface KubernetesGateway {
  /** `undefined` where there is no such object. What has no namespace is asked for with an empty one. */
  read(object: ObjectName): Promise<KubernetesObject | undefined>;
  list(type: ObjectType, namespace: string, labels?: Record<string, string>): Promise<KubernetesObject[]>;
  /** At most 256 KiB from the end. Empty where the container has not logged or there is no previous one. */
  logs(query: LogQuery): Promise<string>;
  proxyGet(target: ProxyPath | NodePath): Promise<string>;
  proxyPost(target: ProxyPath): Promise<string>;
  /** Through the Eviction API with a UID precondition. A disruption budget's refusal is RateLimited. */
  evict(pod: ObjectReference, options: WriteOptions): Promise<void>;
  /** With a UID precondition; Conflict when the name belongs to another object now. */
  remove(object: ObjectReference, options: WriteOptions): Promise<void>;
  patch(object: ObjectName, operations: JsonPatchOperation[], options: WriteOptions): Promise<KubernetesObject>;
  create(manifest: KubernetesObject, options: WriteOptions): Promise<KubernetesObject>;
}

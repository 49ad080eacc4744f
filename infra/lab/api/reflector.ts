import type { IncomingMessage } from 'node:http';
import { ApiError, type ApiClient } from './client';
import type { ApiObject } from './types';

export type Change<T> = { readonly type: 'added' | 'modified' | 'deleted'; readonly object: T };

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T & { readonly code?: number; readonly message?: string };
}

const RETRY_MS = 1_000;

/**
 * Keeps a local copy of a list of objects, by list and watch. Changes are told in order; after a lost watch the list
 * is read again and only the differences are told.
 */
export class Reflector<T extends ApiObject> {
  private readonly objects = new Map<string, T>();
  private readonly listeners: Array<(change: Change<T>) => void> = [];
  private stopped = false;
  private stream: IncomingMessage | undefined;
  private markSynced: () => void = () => undefined;
  /** Settles when the list has been read once. */
  readonly synced = new Promise<void>((resolve) => (this.markSynced = resolve));

  /** @param path list path such as `/api/v1/pods`; @param query selectors, such as `fieldSelector=spec.nodeName%3Dlab-node` */
  constructor(
    private readonly api: ApiClient,
    private readonly path: string,
    private readonly query = '',
  ) {}

  onChange(listener: (change: Change<T>) => void): this {
    this.listeners.push(listener);
    return this;
  }

  values(): T[] {
    return [...this.objects.values()];
  }

  find(namespace: string | undefined, name: string): T | undefined {
    return this.objects.get(`${namespace ?? ''}/${name}`);
  }

  start(): this {
    void this.run();
    return this;
  }

  stop(): void {
    this.stopped = true;
    this.stream?.destroy();
  }

  private async run(): Promise<void> {
    let version: string | undefined;
    while (!this.stopped) {
      try {
        version ??= await this.list();
        version = await this.follow(version);
      } catch (error) {
        // 410 Gone: the version is too old to resume from. Anything else: the server is away for a moment.
        if (error instanceof ApiError && error.status === 410) version = undefined;
        else if (!this.stopped) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async list(): Promise<string> {
    const answer = await this.api.get<{ items: T[]; metadata: { resourceVersion: string } }>(`${this.path}${this.query && `?${this.query}`}`);
    const seen = new Set(answer.items.map(keyOf));
    for (const [key, object] of this.objects) if (!seen.has(key)) this.apply('deleted', object);
    for (const object of answer.items) this.apply('modified', object);
    this.markSynced();
    return answer.metadata.resourceVersion;
  }

  private async follow(from: string): Promise<string> {
    let version = from;
    const stream = await this.api.watch(`${this.path}?watch=1&allowWatchBookmarks=true&resourceVersion=${version}${this.query && `&${this.query}`}`);
    this.stream = stream;
    try {
      for await (const line of linesOf(stream)) {
        const { type, object } = JSON.parse(line) as WatchEvent<T>;
        if (type === 'ERROR') throw new ApiError(object.code ?? 500, 'WatchError', object.message ?? 'watch ended');
        version = object.metadata.resourceVersion ?? version;
        if (type !== 'BOOKMARK') this.apply(type === 'DELETED' ? 'deleted' : 'modified', object);
      }
    } catch (error) {
      if (error instanceof ApiError) throw error;
    }
    return version;
  }

  private apply(type: 'modified' | 'deleted', object: T): void {
    const key = keyOf(object);
    const known = this.objects.get(key);
    if (type === 'deleted') {
      if (!this.objects.delete(key)) return;
      return this.tell({ type, object });
    }
    this.objects.set(key, object);
    // A StatefulSet's pod comes back under its old name: that is another object.
    if (known && known.metadata.uid !== object.metadata.uid) {
      this.tell({ type: 'deleted', object: known });
      return this.tell({ type: 'added', object });
    }
    if (known?.metadata.resourceVersion !== object.metadata.resourceVersion) this.tell({ type: known ? 'modified' : 'added', object });
  }

  private tell(change: Change<T>): void {
    for (const listener of this.listeners) listener(change);
  }
}

function keyOf(object: ApiObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

/** Name resolution as a worker sees it. */
export interface NamesGateway {
  /** Addresses of a name; empty where there is no such name. @throws UpstreamUnavailable when the resolver does not answer. */
  addresses(name: string): Promise<string[]>;
}

export type Connection = 'connected' | 'refused' | 'timedOut' | 'unreachable';

/** A web page as anybody outside the cluster asks for it. */
export interface WebAnswer {
  status: number;
  contentType: string;
  /** At most 64 KiB. */
  body: string;
}

/**
 * The way of a user to Grafana, step by step: name, connection, page. What does not work on it is an answer and no failure;
 * only what cannot be asked at all is thrown.
 */
export interface FrontDoorGateway {
  readonly host: string;
  readonly port: number;
  /** Addresses of the name; none where DNS does not know it. */
  resolve(): Promise<string[]>;
  connect(): Promise<Connection>;
  /** Any status is an answer. @throws UpstreamUnavailable when nobody answers. */
  get(path: string): Promise<WebAnswer>;
}

import type { FailureDomain } from './vocabulary';

/** Asks for the right to change the objects of one failure domain. Asking again with the same holder is answered the same. */
export interface LeaseRequest {
  cluster: string;
  failureDomain: FailureDomain;
  /** Workflow ID and first run ID of the incident. */
  holder: string;
  /** After this the lease is handed on even if nobody released it, in milliseconds. */
  ttlMs: number;
}

export interface Lease {
  cluster: string;
  failureDomain: FailureDomain;
  holder: string;
  /** Grows with each new holder; the mutating activity confirms that it still is the current one. */
  token: number;
  expiresAt: string;
}

export type LeaseAnswer = { granted: true; lease: Lease } | { granted: false; holder: string; position: number };

export interface LeaseStatus {
  holder?: string;
  token: number;
  expiresAt?: string;
  queue: string[];
}

import { ApplicationFailure } from '@temporalio/common';

/** Every way in which an activity may fail, and whether asking again can help. */
export const FAILURES = {
  InvalidInput: { retried: false },
  RunbookInvalid: { retried: false },
  TargetNotFound: { retried: false },
  NotAuthorized: { retried: false },
  GateRefused: { retried: false },
  UpstreamRejected: { retried: false },
  VerificationFailed: { retried: false },
  Conflict: { retried: true },
  RateLimited: { retried: true },
  UpstreamUnavailable: { retried: true },
  NotYetConverged: { retried: true },
} as const satisfies Record<string, { retried: boolean }>;

export type FailureType = keyof typeof FAILURES;

export interface FailureOptions {
  cause?: unknown;
  details?: unknown[];
  /** When to try again, in milliseconds; from Retry-After or a poll interval. */
  nextRetryMs?: number;
}

/**
 * A failure of the taxonomy. `message` says what happened, where, and what to do next; it holds no secret.
 */
export function failure(type: FailureType, message: string, options: FailureOptions = {}): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !FAILURES[type].retried,
    ...(options.details && { details: options.details }),
    ...(options.cause instanceof Error && { cause: options.cause }),
    ...(options.nextRetryMs !== undefined && { nextRetryDelay: options.nextRetryMs }),
  });
}

/** The taxonomy's type of an error, looking through Temporal's wrappers; undefined for anything else. */
export function failureTypeOf(error: unknown): FailureType | undefined {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if (current instanceof ApplicationFailure && current.type && current.type in FAILURES) return current.type as FailureType;
  }
  return undefined;
}

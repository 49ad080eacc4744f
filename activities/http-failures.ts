/**
 * The one place that turns the answers of HTTP servers, Kubernetes' included, into the failure taxonomy.
 */
import type { ApplicationFailure } from '@temporalio/common';
import { failure, type FailureType } from '../workflows/contracts';
import { plainLine } from './redact';

/** Who was asked what, for the sentence in a failure: "the Kubernetes API", "GET Pod monitoring/thanos-receive-1". No secrets, no query strings. */
export interface Asked {
  system: string;
  request: string;
}

interface Meaning {
  type: FailureType;
  /** What the reader should do. */
  next: string;
}

const REJECTED = 'the request itself has to change; asking again does not help';
const WAIT = 'it is asked again';

/** Statuses with a meaning of their own; the rest goes by class (`CLASSES`). */
const STATUSES: Readonly<Record<number, Meaning>> = {
  400: { type: 'UpstreamRejected', next: REJECTED },
  401: { type: 'NotAuthorized', next: 'check the credentials in the configuration' },
  403: { type: 'NotAuthorized', next: 'grant the permission (`nightshift` documents the RBAC rules of every probe and remedy) or switch the feature on' },
  404: { type: 'TargetNotFound', next: 'check the names and addresses in the configuration' },
  408: { type: 'UpstreamUnavailable', next: WAIT },
  409: { type: 'Conflict', next: 'it is read again and compared with the plan' },
  410: { type: 'UpstreamUnavailable', next: WAIT },
  412: { type: 'Conflict', next: 'it is read again and compared with the plan' },
  425: { type: 'UpstreamUnavailable', next: WAIT },
  429: { type: 'RateLimited', next: 'it is asked again after the wait that was asked for' },
  501: { type: 'UpstreamRejected', next: REJECTED },
  505: { type: 'UpstreamRejected', next: REJECTED },
};

const CLASSES: Readonly<Record<number, Meaning>> = {
  1: { type: 'UpstreamRejected', next: REJECTED },
  3: { type: 'UpstreamRejected', next: 'redirects are not followed: configure the final address' },
  4: { type: 'UpstreamRejected', next: REJECTED },
  5: { type: 'UpstreamUnavailable', next: WAIT },
};

/** How much of a server's own words is kept, in characters. */
const REASON_LENGTH = 300;

/** Used where a server asks for a wait and does not say how long, in milliseconds. */
const DEFAULT_WAIT_MS = 5_000;
/** A server that asks for a longer wait than this is asked again sooner: an incident does not sleep for an hour. */
const LONGEST_WAIT_MS = 60_000;

export interface StatusDetails {
  /** The server's own words; cut, cleaned and redacted here. */
  reason?: string;
  /** Credentials of this call, so that a server that echoes them discloses nothing. */
  secrets?: readonly string[];
  /** The header, as received. */
  retryAfter?: string | undefined;
  now?: number;
}

/** The failure that a status outside 2xx means. */
export function statusFailure(status: number, asked: Asked, details: StatusDetails = {}): ApplicationFailure {
  const meaning = STATUSES[status] ?? CLASSES[Math.floor(status / 100)] ?? CLASSES[5]!;
  const reason = details.reason ? `: ${plainLine(details.reason, REASON_LENGTH, details.secrets)}` : '';
  const message = `${asked.system} answered ${status} to ${asked.request}${reason}; ${meaning.next}`;
  const wait = waitOf(status, details);
  return failure(meaning.type, message, wait === undefined ? {} : { nextRetryMs: wait });
}

function waitOf(status: number, { retryAfter, now = Date.now() }: StatusDetails): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const asSeconds = Number(retryAfter);
  const asDate = Date.parse(retryAfter ?? '') - now;
  const asked = retryAfter !== undefined && retryAfter !== '' && Number.isFinite(asSeconds) ? asSeconds * 1000 : asDate;
  if (Number.isFinite(asked)) return Math.min(Math.max(asked, 0), LONGEST_WAIT_MS);
  return status === 429 ? DEFAULT_WAIT_MS : undefined;
}

/** Codes of Node's network and TLS errors that asking again does not mend. */
const HOPELESS: ReadonlySet<string> = new Set([
  'ERR_INVALID_URL', 'ERR_INVALID_CHAR', 'ERR_UNESCAPED_CHARACTERS',
  'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const TIMEOUTS: ReadonlySet<string> = new Set(['ABORT_ERR', 'ERR_CANCELED', 'ECONNABORTED', 'ETIMEDOUT', 'TimeoutError', 'AbortError']);

/** The failure that an error of the connection means: nobody answered at all. */
export function transportFailure(error: unknown, asked: Asked): ApplicationFailure {
  const code = codeOf(error);
  if (HOPELESS.has(code)) {
    return failure('UpstreamRejected', `${asked.system} cannot be asked for ${asked.request} (${code}); check its address and certificate in the configuration`);
  }
  const what = TIMEOUTS.has(code) ? 'did not answer in time' : `could not be reached (${code})`;
  return failure('UpstreamUnavailable', `${asked.system} ${what} when asked for ${asked.request}; ${WAIT}`);
}

/**
 * The code of an error of Node or of a library around it, outermost first; a phrase where there is none. Messages are
 * not used: they may hold an address with credentials.
 */
export function codeOf(error: unknown): string {
  for (let current = error; typeof current === 'object' && current !== null; current = (current as { cause?: unknown }).cause) {
    const { code, name } = current as { code?: unknown; name?: unknown };
    if (typeof code === 'string') return code;
    if (name === 'TimeoutError' || name === 'AbortError') return name;
  }
  return 'no reason given';
}

/** An answer came and cannot be understood; `why` completes "… is not understood: it is no JSON". */
export function notUnderstood(asked: Asked, why: string): ApplicationFailure {
  return failure('UpstreamRejected', `The answer of ${asked.system} to ${asked.request} is not understood: ${plainLine(why, REASON_LENGTH)}; is that really the address of ${asked.system}?`);
}

export function tooLarge(asked: Asked, limitBytes: number): ApplicationFailure {
  return failure('UpstreamRejected', `${asked.system} answered more than ${Math.round(limitBytes / 1024)} KiB to ${asked.request}; it was not read to the end`);
}

import type { Lease, LeaseRequest, LeaseStatus } from '../contracts/lease';

interface Waiting {
  holder: string;
  /** A place in the queue is kept only by asking again: whoever has gone away must not block the rest. Epoch milliseconds. */
  until: number;
}

/** Six times the interval at which a waiting incident asks again. */
const PLACE_KEPT = 60_000;

/** Who holds a lease, until when, and who is next. Times are epoch milliseconds of the workflow's clock. */
export class LeaseState {
  holder: string | undefined;
  token = 0;
  expiresAt = 0;
  queue: Waiting[] = [];

  expire(now: number): void {
    if (this.holder && now >= this.expiresAt) this.free();
    this.queue = this.queue.filter((waiting) => waiting.until > now);
  }

  free(): void {
    this.holder = undefined;
    this.expiresAt = 0;
  }

  grant(request: LeaseRequest, now: number): void {
    if (this.holder !== request.holder) this.token = Math.max(this.token + 1, now);
    this.holder = request.holder;
    this.expiresAt = now + request.ttlMs;
    this.leaveQueue(request.holder);
  }

  leaveQueue(holder: string): void {
    this.queue = this.queue.filter((waiting) => waiting.holder !== holder);
  }

  position(holder: string): number {
    return this.queue.findIndex((waiting) => waiting.holder === holder) + 1;
  }

  status(): LeaseStatus {
    return {
      token: this.token,
      queue: this.queue.map((waiting) => waiting.holder),
      ...(this.holder && { holder: this.holder, expiresAt: new Date(this.expiresAt).toISOString() }),
    };
  }
}

export function enqueue(state: LeaseState, request: LeaseRequest, now: number): void {
  if (state.holder === request.holder) return;
  const waiting = state.queue.find(({ holder }) => holder === request.holder);
  if (waiting) waiting.until = now + PLACE_KEPT;
  else state.queue.push({ holder: request.holder, until: now + PLACE_KEPT });
}

export function grantable(state: LeaseState, holder: string): boolean {
  if (state.holder) return state.holder === holder;
  return state.queue[0]?.holder === holder;
}

export function leaseOf(state: LeaseState, domain: Pick<Lease, 'cluster' | 'failureDomain'>): Lease {
  return { ...domain, holder: state.holder ?? '', token: state.token, expiresAt: new Date(state.expiresAt).toISOString() };
}

/** Days on end: no plan, its verification and its undo take as long, and a date that far off can still be written. */
const MOST_TTL = 7 * 24 * 3_600_000;

/** Why a request cannot be read, as a sentence: whoever can reach Temporal can send one. */
export function leaseFault(request: unknown): string | undefined {
  const { holder, ttlMs } = (request ?? {}) as Partial<LeaseRequest>;
  if (!isName(holder)) return 'a lease is asked for by a holder';
  if (typeof ttlMs !== 'number' || !(ttlMs > 0 && ttlMs <= MOST_TTL)) return 'a lease is for a number of milliseconds, and for a week at most';
  return undefined;
}

/** The same of what gives back or confirms a lease. */
export function tokenFault(lease: unknown): string | undefined {
  const { holder, token } = (lease ?? {}) as Partial<Lease>;
  if (!isName(holder)) return 'a lease has a holder';
  return Number.isSafeInteger(token) ? undefined : 'a lease has a token';
}

function isName(holder: unknown): holder is string {
  return typeof holder === 'string' && holder !== '';
}

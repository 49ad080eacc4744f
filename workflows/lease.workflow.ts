import { allHandlersFinished, ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { LeaseAnswer, LeaseRequest, LeaseStatus } from './contracts';
import { acquire, confirm, leaseStatus, release } from './contracts/lease-messages';
import { enqueue, grantable, leaseFault, LeaseState, leaseOf, tokenFault } from './domain/lease-queue';

/**
 * The right to change the objects of one failure domain of one cluster: one holder at a time, first come first served,
 * with expiry. The token grows with each new holder, so that a worker that was asleep finds that its lease is gone.
 * Closes when nobody has held it for a while; the next request starts a new run, whose tokens are greater still (they are times).
 */
export async function leaseWorkflow(input: { cluster: string; failureDomain: LeaseRequest['failureDomain'] }): Promise<void> {
  const state = new LeaseState();
  let asked = 0;
  setHandler(acquire, (request): LeaseAnswer => {
    asked += 1;
    const now = Date.now();
    state.expire(now);
    enqueue(state, request, now);
    if (!grantable(state, request.holder)) return { granted: false, holder: state.holder ?? state.queue[0]?.holder ?? '', position: state.position(request.holder) };
    state.grant(request, now);
    return { granted: true, lease: leaseOf(state, input) };
  }, { validator: (request) => refuse(leaseFault(request)) });
  setHandler(release, ({ holder, token }) => {
    asked += 1;
    if (state.holder === holder && state.token === token) state.free();
    else state.leaveQueue(holder);
  }, { validator: (lease) => refuse(tokenFault(lease)) });
  setHandler(confirm, ({ holder, token }) => {
    asked += 1;
    state.expire(Date.now());
    return state.holder === holder && state.token === token;
  }, { validator: (lease) => refuse(tokenFault(lease)) });
  setHandler(leaseStatus, (): LeaseStatus => state.status());
  for (;;) {
    const before = asked;
    const busy = await condition(() => asked !== before, IDLE_BEFORE_CLOSE);
    state.expire(Date.now());
    if (!busy && !state.holder && state.queue.length === 0) break;
    if (asked > UPDATES_PER_RUN && !state.holder) break;
  }
  await condition(allHandlersFinished);
}

/** A message that nobody can read would fail the workflow task again and again, and everybody else's with it. */
function refuse(fault: string | undefined): void {
  if (fault) throw ApplicationFailure.create({ type: 'Refused', message: fault, nonRetryable: true });
}

/** Long enough to serve the incidents of one bad night from one run, short enough to leave nothing open afterwards. */
const IDLE_BEFORE_CLOSE = '10 minutes';
/** A run takes 2,000 updates at most; a new one begins well before, at a moment when nobody holds the lease. */
const UPDATES_PER_RUN = 1_000;

import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { mostStepTime, temporal } from '../activity-calls';
import { FAILURE_DOMAINS, type FailureDomain, type Lease, type LeaseRequest, type Plan, type PlannedStep } from '../contracts';
import { domainByName } from '../domain/lease-by-name';
import { plus } from '../domain/time';
import { reasonOf, type Incident } from './incident';

/** Often enough to be quick, seldom enough to cost few events over a whole wait. */
const LEASE_ASK_EVERY = 10_000;
/** For looking again before the first step, and for the last look after the last one. */
const LEASE_SLACK = 10 * 60_000;

export type Taking = 'taken' | 'interrupted' | { kind: 'failed'; reason: string };

/** The right to change the objects of one plan: a lease for each failure domain that they belong to. */
export class Leases {
  private readonly held = new Map<FailureDomain, Lease>();
  /** In the same order for every plan, so that two never wait for each other. */
  private readonly domains: FailureDomain[];

  constructor(
    private readonly incident: Incident,
    private readonly plan: Plan,
  ) {
    const wanted = new Set([...plan.steps, ...plan.inverse].map((step) => this.domainOf(step)));
    this.domains = FAILURE_DOMAINS.filter((domain) => wanted.has(domain));
  }

  /** Whether each object's role says which lease is needed; else the first object's name does, for all. */
  get byRole(): boolean {
    return this.plan.domains !== undefined && this.incident.has('2026-12-leases-of-objects');
  }

  /** Waits for its turn, domain by domain. What is held already is extended. */
  async take(): Promise<Taking> {
    const deadline = Date.now() + this.incident.settings.durations.leaseWait;
    for (const domain of this.domains) {
      const taking = await this.takeOne(domain, deadline);
      if (taking !== 'taken') return taking;
    }
    return 'taken';
  }

  /** Asks once, and waits for nothing: what is no longer held is refused where something is written. */
  async extend(): Promise<void> {
    if (!this.extendable) return;
    for (const domain of this.domains) await this.ask(domain).catch(unlessCancelled);
  }

  /** Takes back what was lost meanwhile; an incident of before has what it has. */
  async takeAgain(): Promise<Taking> {
    return this.extendable ? this.take() : 'taken';
  }

  /** The lease of a step's object. */
  of(step: PlannedStep): Lease {
    const lease = this.held.get(this.domainOf(step));
    if (!lease) throw new Error(`no lease is held for the step ${step.id}`);
    return lease;
  }

  /** A lease that could not be given back expires by itself; that must not hold up the incident. */
  async release(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (const [domain, lease] of this.held) {
        this.held.delete(domain);
        await temporal.temporalReleaseLease(lease).then(
          () => this.incident.record({ type: 'leaseReleased' }),
          (error: unknown) => this.incident.record({ type: 'executionFailed', planId: '-', reason: `the lease was not given back and will expire: ${reasonOf(error)}` }),
        );
      }
    });
  }

  private get extendable(): boolean {
    return this.incident.has('2026-12-leases-of-objects');
  }

  private domainOf({ id }: PlannedStep): FailureDomain {
    if (this.byRole) return this.plan.domains?.[id] ?? 'unknown';
    return domainByName(this.plan) ?? this.incident.status.failureDomain;
  }

  private async takeOne(domain: FailureDomain, deadline: number): Promise<Taking> {
    const { incident } = this;
    const { leaseWait } = incident.settings.durations;
    for (;;) {
      const answer = await this.ask(domain).catch(unanswered);
      if ('kind' in answer) return answer;
      if (answer.granted) {
        incident.wait(undefined);
        return 'taken';
      }
      if (Date.now() >= deadline) return { kind: 'failed', reason: 'another incident has held the lease of this failure domain for too long' };
      if (!incident.status.waiting) {
        const text = { en: `the lease of ${domain}, held by ${answer.holder}`, ko: `${answer.holder}가 보유한 ${domain} 임차` };
        incident.wait({ for: 'lease', since: incident.now(), until: plus(incident.now(), leaseWait), text });
      }
      if ((await incident.unlessInterrupted(() => sleep(LEASE_ASK_EVERY))) === 'interrupted') return 'interrupted';
    }
  }

  private async ask(failureDomain: FailureDomain) {
    const { cluster, workflowId, firstRunId } = this.incident.status;
    const request: LeaseRequest = { cluster, failureDomain, holder: `${workflowId}@${firstRunId}`, ttlMs: this.ttl() };
    const answer = await temporal.temporalAcquireLease(request);
    if (answer.granted) {
      if (this.held.get(failureDomain)?.token !== answer.lease.token) this.incident.record({ type: 'leaseTaken', token: answer.lease.token });
      this.held.set(failureDomain, answer.lease);
    }
    return answer;
  }

  /** Covers the longest of execution, verification and undo, since it is extended before each; all of it where it is not. */
  private ttl(): number {
    const { verifyDeadline, leaseWait } = this.incident.settings.durations;
    const { steps, inverse } = this.plan;
    if (!this.extendable) return verifyDeadline + LEASE_SLACK + steps.reduce((total, step) => total + (step.patienceMs ?? 0), 0);
    const together = (all: readonly PlannedStep[]) => all.reduce((total, { patienceMs }) => total + mostStepTime(patienceMs), 0);
    // The first one is held while the others are waited for.
    const waiting = this.domains.length > 1 ? leaseWait : 0;
    return LEASE_SLACK + waiting + Math.max(together(steps), together(inverse), verifyDeadline);
  }
}

function unanswered(error: unknown): Extract<Taking, { kind: 'failed' }> {
  if (isCancellation(error)) throw error;
  return { kind: 'failed', reason: `the lease could not be taken: ${reasonOf(error)}` };
}

function unlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}

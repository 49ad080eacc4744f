import { setTimeout as delay } from 'node:timers/promises';
import { failure, FAILURES, type FailureType } from '../../workflows/contracts/failures';
import type { ExecuteRequest, Risk } from '../../workflows/contracts';
import { IncidentWorld } from '../support/incident-world';

/** What an activity does instead of answering: a failure of the taxonomy, a plain bug, or its work without an answer. */
export type FaultKind = FailureType | 'bug' | 'answer-lost' | 'slow';
export const FAULT_KINDS: FaultKind[] = [...(Object.keys(FAILURES) as FailureType[]), 'bug', 'answer-lost', 'slow'];

export interface Fault {
  activity: string;
  kind: FaultKind;
  /** How many calls it spoils; Infinity: until the world is mended. */
  times: number;
}

/** A mutation as it was made, with what the incident's people had said by then. */
export interface Mutation {
  planHash: string;
  risk: Risk;
  step: string;
  undo: boolean;
  /** People whose valid approval of this very plan had been sent. */
  approvers: number;
  rejected: boolean;
  /** Milliseconds since somebody's take-over or cancellation was answered as accepted; undefined while nobody has the incident. */
  heldFor: number | undefined;
  leases: number;
}

const REQUIRED: Record<Risk, number> = { safe: 0, disruptive: 1, destructive: 2 };
/** An attempt that a worker had fetched when the take-over was accepted may still begin; it takes far less than this. */
const IN_FLIGHT_MS = 150;

/** A world in which anything may fail at any time, and which keeps its own books on who has allowed what. */
export class HostileWorld extends IncidentWorld {
  faults: Fault[] = [];
  readonly mutations: Mutation[] = [];
  private readonly attempts = new Map<string, number>();
  private readonly excused = new Map<string, number>();
  private readonly applied = new Set<string>();
  private readonly approvals = new Map<string, Set<string>>();
  private readonly rejections = new Set<string>();
  private heldSince: number | undefined;

  /** A valid approval was sent. Without a hash it is for whatever plan waits. */
  approvalSent(planHash: string | undefined, actor: string): void {
    const key = planHash ?? '*';
    this.approvals.set(key, (this.approvals.get(key) ?? new Set()).add(actor));
  }

  rejectionStands(planHash: string): void {
    this.rejections.add(planHash);
  }

  held(since: number | undefined): void {
    this.heldSince = since;
  }

  get isHeld(): boolean {
    return this.heldSince !== undefined;
  }

  /** Whatever was under way when the worker ended may be tried once more. */
  workerRestarted(): void {
    for (const key of this.attempts.keys()) this.excuse(key);
  }

  mend(): void {
    this.faults = [];
    this.healthy = () => true;
  }

  override activities() {
    const calm = super.activities();
    const hostile = Object.entries(calm).map(([name, run]) => [name, (input: never) => this.withFaults(name, () => (run as (input: never) => Promise<unknown>)(input))] as const);
    return {
      ...(Object.fromEntries(hostile) as typeof calm),
      kubernetesExecuteStep: (request: ExecuteRequest) => this.mutate(request, false, () => calm.kubernetesExecuteStep(request)),
      kubernetesUndoStep: (request: ExecuteRequest) => this.mutate(request, true, () => calm.kubernetesUndoStep(request)),
    };
  }

  private async withFaults<Result>(activity: string, work: () => Promise<Result>, onFault: () => void = () => undefined): Promise<Result> {
    const fault = this.faults.find((candidate) => candidate.activity === activity && candidate.times > 0);
    if (!fault) return work();
    fault.times -= 1;
    onFault();
    if (fault.kind === 'answer-lost') {
      await work();
      throw failure('UpstreamUnavailable', 'the answer was lost');
    }
    if (fault.kind === 'slow') {
      await delay(60);
      return work();
    }
    if (fault.kind === 'bug') throw new Error('Cannot read properties of undefined');
    throw failure(fault.kind, `injected ${fault.kind}`);
  }

  /** Level-based, as the real one: what was done before is found unchanged. */
  private mutate<Result extends { result: string }>(request: ExecuteRequest, undo: boolean, work: () => Promise<Result>): Promise<Result> {
    const key = `${request.plan.hash} ${undo ? 'undo ' : ''}${request.stepId}`;
    this.attempts.set(key, (this.attempts.get(key) ?? 0) + 1);
    const apply = async (): Promise<Result> => {
      if (this.applied.has(key)) return { step: request.stepId, result: 'unchanged', object: request.plan.steps[0]!.object, at: new Date().toISOString(), detail: '' } as unknown as Result;
      this.book(request, undo);
      const result = await work();
      this.applied.add(key);
      return result;
    };
    return this.withFaults(undo ? 'kubernetesUndoStep' : 'kubernetesExecuteStep', apply, () => this.excuse(key));
  }

  private book({ plan, stepId }: ExecuteRequest, undo: boolean): void {
    const people = new Set([...(this.approvals.get(plan.hash) ?? []), ...(this.approvals.get('*') ?? [])]);
    const count = (what: string) => this.log.leases.filter((entry) => entry === what).length;
    this.mutations.push({
      planHash: plan.hash,
      risk: plan.risk,
      step: stepId,
      undo,
      approvers: people.size,
      rejected: this.rejections.has(plan.hash),
      heldFor: this.heldSince === undefined ? undefined : performance.now() - this.heldSince,
      leases: count('acquired') - count('released'),
    });
  }

  private excuse(key: string): void {
    this.excused.set(key, (this.excused.get(key) ?? 0) + 1);
  }

  /** Every way in which what was done was not allowed, as sentences. */
  violations(): string[] {
    const found = this.mutations.flatMap((mutation, index) => {
      const name = `${mutation.undo ? 'undo ' : ''}${mutation.step} of ${mutation.risk} plan ${mutation.planHash.slice(0, 8)}`;
      const undoBegan = this.mutations.slice(0, index).some(({ undo, planHash }) => undo && mutation.undo && planHash === mutation.planHash);
      return [
        ...(mutation.approvers < REQUIRED[mutation.risk] ? [`${name} with ${mutation.approvers} approver(s)`] : []),
        ...(mutation.rejected ? [`${name} was rejected`] : []),
        ...(mutation.heldFor !== undefined && mutation.heldFor > IN_FLIGHT_MS && !undoBegan ? [`${name} ${Math.round(mutation.heldFor)} ms after a person took the incident`] : []),
        ...(mutation.leases < 1 ? [`${name} without a lease`] : []),
      ];
    });
    for (const [key, attempts] of this.attempts) {
      const allowed = 1 + (this.excused.get(key) ?? 0);
      if (attempts > allowed) found.push(`${key.slice(0, 8)}${key.slice(64)}: ${attempts} attempts, ${allowed} explained`);
    }
    return found;
  }
}

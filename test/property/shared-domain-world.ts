import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo } from '@temporalio/activity';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { failure } from '../../workflows/contracts/failures';
import { leaseWorkflowId, WORKFLOW, type ExecuteRequest, type Lease, type LeaseRequest } from '../../workflows/contracts';
import { acquire, confirm, release } from '../../workflows/contracts/lease-messages';
import { IncidentWorld } from '../support/incident-world';

/** One write as the cluster saw it; milliseconds of a clock that never goes back. */
export interface Write {
  workflowId: string;
  domain: string;
  token: number;
  step: string;
  began: number;
  ended: number;
}

export type WriteFault = 'answer-lost' | 'refused-for-now' | 'slow';

/** Long enough that two writes at once are seen to be. */
const WRITE_MS = 15;
const SLOW_WRITE_MS = 120;

/**
 * One cluster under several incidents, each with an outside of its own. Leases are the real lease workflow's, asked the way
 * the worker asks; the token is confirmed immediately before each write.
 */
export class SharedDomainWorld extends IncidentWorld {
  readonly writes: Write[] = [];
  faults: WriteFault[] = [];
  /** By workflow ID. */
  private readonly worlds = new Map<string, IncidentWorld>();
  private client!: Client;
  private taskQueue = '';

  reach(client: Client, taskQueue: string): void {
    this.client = client;
    this.taskQueue = taskQueue;
  }

  add(workflowId: string, world: IncidentWorld): void {
    this.worlds.set(workflowId, world);
  }

  override activities(): ReturnType<IncidentWorld['activities']> {
    const own = super.activities();
    const dispatched = Object.keys(own).map((name) => [name, (input: never) => this.asked()[name as keyof typeof own](input)] as const);
    return {
      ...(Object.fromEntries(dispatched) as unknown as typeof own),
      kubernetesExecuteStep: (request: ExecuteRequest) => this.write(request, 'kubernetesExecuteStep'),
      kubernetesUndoStep: (request: ExecuteRequest) => this.write(request, 'kubernetesUndoStep'),
      temporalAcquireLease: (request: LeaseRequest) => this.acquire(request) as ReturnType<typeof own.temporalAcquireLease>,
      temporalReleaseLease: ((lease: Lease) => this.release(lease)) as typeof own.temporalReleaseLease,
    };
  }

  /** Every way in which one incident wrote into another's turn, as sentences. */
  violations(): string[] {
    const inOrder = [...this.writes].sort((a, b) => a.began - b.began);
    return inOrder.flatMap((write, index) => {
      const earlier = inOrder.slice(0, index).filter(({ domain, workflowId }) => domain === write.domain && workflowId !== write.workflowId);
      const name = `${write.workflowId} wrote ${write.step} with token ${write.token}`;
      return [
        ...earlier.filter(({ ended }) => ended > write.began).map((other) => `${name} while ${other.workflowId} was writing ${other.step}`),
        ...earlier.filter(({ token }) => token >= write.token).map((other) => `${name} after ${other.workflowId} had written with token ${other.token}`),
      ];
    });
  }

  private asked(): ReturnType<IncidentWorld['activities']> {
    const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
    const world = this.worlds.get(workflowId);
    if (!world) throw new Error(`No incident ${workflowId} was added to this world.`);
    return world.activities();
  }

  private async write(request: ExecuteRequest, activity: 'kubernetesExecuteStep' | 'kubernetesUndoStep') {
    const { lease, stepId, workflowId } = request;
    const fault = this.faults.shift();
    if (fault === 'refused-for-now') throw failure('UpstreamUnavailable', 'the API server does not answer');
    const held = await this.leaseOf(lease).executeUpdate(confirm, { args: [{ holder: lease.holder, token: lease.token }] });
    if (!held) throw failure('NotAuthorized', `the lease of ${lease.failureDomain} is no longer held by ${lease.holder}`);
    const began = performance.now();
    await delay(fault === 'slow' ? SLOW_WRITE_MS : WRITE_MS);
    const result = await this.asked()[activity](request);
    this.writes.push({ workflowId, domain: lease.failureDomain, token: lease.token, step: stepId, began, ended: performance.now() });
    if (fault === 'answer-lost') throw failure('UpstreamUnavailable', 'the answer was lost');
    return result;
  }

  private acquire(request: LeaseRequest) {
    const { cluster, failureDomain } = request;
    const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.lease, { workflowId: leaseWorkflowId(cluster, failureDomain), taskQueue: this.taskQueue, args: [{ cluster, failureDomain }], workflowIdConflictPolicy: 'USE_EXISTING' });
    return this.client.workflow.executeUpdateWithStart(acquire, { args: [request], startWorkflowOperation });
  }

  private release(lease: Lease): Promise<void> {
    return this.leaseOf(lease).executeUpdate(release, { args: [{ holder: lease.holder, token: lease.token }] });
  }

  private leaseOf({ cluster, failureDomain }: Pick<Lease, 'cluster' | 'failureDomain'>) {
    return this.client.workflow.getHandle(leaseWorkflowId(cluster, failureDomain));
  }
}

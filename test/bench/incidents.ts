import type { WorkflowHandle } from '@temporalio/client';
import { incidentWorkflowId, WORKFLOW } from '../../workflows/contracts';
import { approve } from '../../workflows/contracts/messages';
import type { incidentWorkflow } from '../../workflows';
import { alertsOf, resolvedOf } from './alerts';
import type { BenchWorld } from './bench-world';
import type { BenchServer } from './server';
import type { Webhook } from './webhook';

/** Longer than any step of an incident takes with the machine busy; beyond it something is wrong. */
const STEP_TIMEOUT_MS = 60_000;

/** Resolves at the first call of `seen`; one is made per thing that a row waits for. */
export class Moment<Value> {
  private settle!: (value: Value) => void;
  private readonly happened = new Promise<Value>((resolve) => (this.settle = resolve));

  constructor(private readonly what: string) {}

  seen(value: Value): void {
    this.settle(value);
  }

  async wait(): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.what} did not happen within ${STEP_TIMEOUT_MS / 1000} s.`)), STEP_TIMEOUT_MS);
    });
    return Promise.race([this.happened, late]).finally(() => clearTimeout(timer));
  }
}

export function incidentHandle({ client }: BenchServer, cluster: string): WorkflowHandle<typeof incidentWorkflow> {
  return client.workflow.getHandle<typeof incidentWorkflow>(incidentWorkflowId(cluster, 'receive'));
}

/** Opens an incident and waits until its plan waits for a person: everything that runs by itself has run then. */
export async function untilApproval(webhook: Webhook, world: BenchWorld, cluster: string): Promise<void> {
  const asked = new Moment<void>(`The page that asks for a decision on ${cluster}`);
  world.watcher.paged = (page) => {
    if (page.cluster === cluster && page.kind === 'needs-you') asked.seen();
  };
  await webhook.post(alertsOf(cluster));
  await asked.wait();
}

/** What people and Alertmanager do at the end of an incident. */
export async function approveAndResolve(server: BenchServer, webhook: Webhook, cluster: string): Promise<void> {
  await incidentHandle(server, cluster).signal(approve, { actor: 'bench' });
  await webhook.post(resolvedOf(alertsOf(cluster)));
}

/** A whole incident, from the webhook to its record, approved by signal. */
export async function wholeIncident(server: BenchServer, webhook: Webhook, world: BenchWorld, cluster: string): Promise<WorkflowHandle<typeof incidentWorkflow>> {
  await untilApproval(webhook, world, cluster);
  await approveAndResolve(server, webhook, cluster);
  const handle = incidentHandle(server, cluster);
  const { outcome } = await handle.result();
  if (outcome !== 'recovered') throw new Error(`The ${WORKFLOW.incident} of ${cluster} ended as ${outcome}, not as recovered: the benchmark no longer knows how incidents go.`);
  return handle;
}

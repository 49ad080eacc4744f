import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { CENTRAL_QUEUE, incidentWorkflowId, WORKFLOW, type Alert, type AlertsChanged, type FailureDomain, type IncidentMemo } from '../../workflows/contracts';
import { alertsChanged } from '../../workflows/contracts/messages';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';

/** What one webhook, or the watchdog, says about one incident. */
export interface Delivery {
  cluster: string;
  failureDomain: FailureDomain;
  alerts: Alert[];
}

export interface Delivered {
  cluster: string;
  failureDomain: FailureDomain;
  workflowId: string;
  alerts: number;
  /** False where only resolved alerts came and no incident was open. */
  known: boolean;
  /** The run that took the alerts, where any of them fires. */
  runId?: string;
}

/** Alertmanager gives up on a webhook after its group interval at the earliest; Temporal answers in milliseconds or is away. */
const DEADLINE_MS = 5_000;
/** A signal's payload warns at 256 KB; this many alerts of 2 KB stay below. */
const ALERTS_PER_SIGNAL = 100;
const LONGEST_TITLE = 200;

/**
 * Hands every delivery to its incident, all in parallel, and returns when Temporal has persisted all of them. Delivering
 * again changes nothing, because incidents know their alerts by fingerprint and start.
 * @throws the first error when any could not be persisted
 */
export async function deliver(client: Client, deliveries: readonly Delivery[], received: { at: string; truncated: number }): Promise<Delivered[]> {
  return client.withDeadline(Date.now() + DEADLINE_MS, () => Promise.all(deliveries.map((delivery) => deliverOne(client, delivery, received))));
}

async function deliverOne(client: Client, delivery: Delivery, received: { at: string; truncated: number }): Promise<Delivered> {
  const { cluster, failureDomain, alerts } = delivery;
  const workflowId = incidentWorkflowId(cluster, failureDomain);
  const fires = alerts.some(({ status }) => status === 'firing');
  let outcome: Pick<Delivered, 'known' | 'runId'> = { known: false };
  for (let first = 0; first < alerts.length; first += ALERTS_PER_SIGNAL) {
    const changed: AlertsChanged = { alerts: alerts.slice(first, first + ALERTS_PER_SIGNAL), receivedAt: received.at, ...(received.truncated > 0 && { truncated: received.truncated }) };
    outcome = fires ? await signalWithStart(client, delivery, changed) : await signalOnly(client, workflowId, changed);
  }
  return { cluster, failureDomain, workflowId, alerts: alerts.length, ...outcome };
}

async function signalWithStart(client: Client, { cluster, failureDomain, alerts }: Delivery, changed: AlertsChanged): Promise<Pick<Delivered, 'known' | 'runId'>> {
  const handle = await client.workflow.signalWithStart(WORKFLOW.incident, {
    workflowId: incidentWorkflowId(cluster, failureDomain),
    taskQueue: CENTRAL_QUEUE,
    // A task that a killed worker held is given to another one after this (default: 10 s); replaying takes a second at most.
    workflowTaskTimeout: '5 seconds',
    args: [{ cluster, failureDomain }],
    signal: alertsChanged,
    signalArgs: [changed],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    // What lists show until the incident has said more itself.
    memo: { ...memoOf(alerts) },
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTE_KEYS.cluster, value: cluster },
      { key: SEARCH_ATTRIBUTE_KEYS.failureDomain, value: failureDomain },
      { key: SEARCH_ATTRIBUTE_KEYS.phase, value: 'triage' },
      { key: SEARCH_ATTRIBUTE_KEYS.outcome, value: 'open' },
    ],
    staticSummary: `${cluster}, ${failureDomain}: ${titleOf(alerts)}`.slice(0, LONGEST_TITLE),
  });
  return { known: true, runId: handle.signaledRunId };
}

/** A resolution never starts an incident; one that nobody waits for is fine. */
async function signalOnly(client: Client, workflowId: string, changed: AlertsChanged): Promise<Pick<Delivered, 'known'>> {
  try {
    await client.workflow.getHandle(workflowId).signal(alertsChanged, changed);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { known: false };
    throw error;
  }
  return { known: true };
}

function memoOf(alerts: readonly Alert[]): Omit<IncidentMemo, 'publicId'> {
  const title = titleOf(alerts);
  const firing = alerts.filter(({ status }) => status === 'firing');
  const [beganAt = ''] = firing.map(({ startsAt }) => startsAt).sort();
  return { title: { en: title, ko: title }, severity: firing[0]?.labels['severity'] ?? 'unknown', needsYou: false, beganAt };
}

function titleOf(alerts: readonly Alert[]): string {
  const first = alerts.find(({ status }) => status === 'firing') ?? alerts[0];
  return (first?.annotations['summary'] ?? first?.labels['alertname'] ?? 'alert').slice(0, LONGEST_TITLE);
}

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { History } from '@temporalio/common/lib/proto-utils';
import { PracticeCluster } from '../../activities/practice/cluster';
import type { IncidentStatus } from '../../workflows/contracts';
import { incidentWorkflowId } from '../../workflows/contracts/names';
import { projectRoot } from '../project';
import path from 'node:path';
import type { Cloud } from './cloud';

const EXAMPLE = 'two-receivers-bad-file';

export interface Opened {
  publicId: string;
  workflowId: string;
  sentAt: number;
  /** As Alertmanager posts it. */
  alert: { fingerprint: string; startsAt: string; labels: Record<string, string>; annotations: Record<string, string> };
}

export async function until<Found>(what: string, withinMs: number, look: () => Promise<Found | undefined | false>): Promise<Found> {
  for (const deadline = Date.now() + withinMs; ; await delay(100)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
  }
}

/** No process of the worker's is left. */
export function untilIdle(cloud: Cloud, withinMs: number): Promise<true> {
  return until('no worker is left', withinMs, async () => cloud.worker.running === 0);
}

/** Breaks the practice cluster and posts its alert as Alertmanager would. */
export async function breakPractice(cloud: Cloud): Promise<Opened> {
  const practice = PracticeCluster.open(cloud.dataDir, path.join(projectRoot(), 'runbooks'));
  const { alert: labels, title } = practice.play(EXAMPLE);
  const alert = { fingerprint: randomUUID().replaceAll('-', '').slice(0, 16), startsAt: new Date().toISOString(), labels, annotations: { summary: title.en } };
  const sentAt = Date.now();
  await post(cloud, alert, 'firing');
  const workflowId = incidentWorkflowId('practice', 'receive');
  const { incidents } = (await cloud.request('GET', '/api/v1/incidents?open=true')).body as { incidents: Array<{ publicId: string }> };
  const [first] = incidents;
  if (!first) throw new Error('the alert opened no incident');
  return { publicId: first.publicId, workflowId, sentAt, alert };
}

export async function post(cloud: Cloud, alert: Opened['alert'], status: 'firing' | 'resolved'): Promise<void> {
  const ended = status === 'resolved' && { endsAt: new Date().toISOString() };
  const { status: code, body } = await cloud.request('POST', '/webhooks/alertmanager', { version: '4', alerts: [{ status, ...alert, ...ended }] });
  if (code !== 200) throw new Error(`the webhook answered ${code}: ${JSON.stringify(body)}`);
}

/** An alert like Watchdog's, which fires all the time. */
export function heartbeat(): Opened['alert'] {
  return { fingerprint: 'feedfeedfeedfeed', startsAt: new Date().toISOString(), labels: { alertname: 'Watchdog', cluster: 'practice', severity: 'none' }, annotations: {} };
}

/**
 * One alert with no worker running, until its first probe; the incident is then ended.
 * @param gateway `cold`: nothing at all is running; `warm`: it has taken a heartbeat, as it does all the time
 */
export async function coldStart(cloud: Cloud, gateway: 'cold' | 'warm'): Promise<FirstProbe> {
  await untilIdle(cloud, 60_000);
  if (gateway === 'cold') await cloud.gateway.retire();
  else await post(cloud, heartbeat(), 'firing');
  const opened = await breakPractice(cloud);
  const first = await firstProbe(cloud, opened);
  await cloud.client.workflow.getHandle(opened.workflowId).terminate('measured');
  cloud.worker.cutOff();
  return first;
}

/** What has happened between an alert and the first probe; each in milliseconds since the one before it. */
export const STEPS = [
  'the gateway is loaded',
  'the incident is persisted',
  'Temporal invokes the worker',
  'the worker is loaded',
  'it begins the first workflow task',
  'it has carried it out',
  'the first probe starts',
] as const;

export interface FirstProbe {
  /** From the post of the alert to the start of the first probe. */
  total: number;
  /** As `STEPS` names them. */
  steps: number[];
}

type HistoryEvent = NonNullable<History['events']>[number];

/** How long an alert took to its first probe and where the time went, by the clock of this machine, which Temporal has too. */
export async function firstProbe(cloud: Cloud, { workflowId, sentAt }: Opened): Promise<FirstProbe> {
  const handle = cloud.client.workflow.getHandle(workflowId);
  const events = await until('a probe has started', 60_000, async () => {
    const { events = [] } = await handle.fetchHistory();
    // Local activities leave markers; the first real activity of an incident is its first probe.
    return events?.some(({ activityTaskStartedEventAttributes: started }) => started) && events;
  });
  const at = (is: (event: HistoryEvent) => unknown) => timeOf(events.find(is));
  const [gateway, worker] = [cloud.gateway, cloud.worker].map(({ invocations }) => invocations.find(({ startedAt }) => startedAt >= sentAt));
  const moments = [
    gateway?.loadedAt ?? sentAt,
    at(({ workflowExecutionStartedEventAttributes: started }) => started),
    worker?.startedAt ?? sentAt,
    worker?.loadedAt ?? worker?.startedAt ?? sentAt,
    at(({ workflowTaskStartedEventAttributes: started }) => started),
    at(({ workflowTaskCompletedEventAttributes: completed }) => completed),
    at(({ activityTaskStartedEventAttributes: started }) => started),
  ];
  return { total: moments.at(-1)! - sentAt, steps: moments.map((moment, index) => moment - (moments[index - 1] ?? sentAt)) };
}

function timeOf(event: HistoryEvent | undefined): number {
  return Number(event?.eventTime?.seconds) * 1000 + Number(event?.eventTime?.nanos) / 1e6;
}

/** The incident by the API; a worker may have to be called for that. */
export async function shown(cloud: Cloud, publicId: string): Promise<IncidentStatus | undefined> {
  const { status, body } = await cloud.request('GET', `/api/v1/incidents/${publicId}`);
  const answer = body as IncidentStatus & { workerAway?: boolean };
  return status === 200 && answer.workerAway !== true ? answer : undefined;
}

export interface Course {
  outcome: string;
  /** Alert → recovered at; the decision is taken at once. */
  recoveredMs: number;
  cutOffs: number;
  events: number;
}

/** Sees an incident through to its record, deciding at once; cuts invocations off at these phases, once each. */
export async function seeThrough(cloud: Cloud, opened: Opened, cutAt: readonly string[]): Promise<Course> {
  const due = [...cutAt];
  let cutOffs = 0;
  let decided = '';
  let resolved = false;
  const last = await until('the incident is closed', 300_000, async () => {
    const status = await shown(cloud, opened.publicId);
    if (!status) return undefined;
    const place = status.waiting?.for ?? status.phase;
    if (due[0] !== undefined && due[0] === place) {
      due.shift();
      if (cloud.worker.cutOff()) cutOffs += 1;
    }
    if (status.waiting?.for === 'approval' && status.plan && decided !== status.plan.hash) {
      const { status: code } = await cloud.request('POST', `/api/v1/incidents/${opened.publicId}/decisions`, { verdict: 'approve', planHash: status.plan.hash });
      if (code === 200) decided = status.plan.hash;
    }
    if (status.recoveredAt && !resolved) {
      await post(cloud, opened.alert, 'resolved');
      resolved = true;
    }
    return status.phase === 'closed' ? status : undefined;
  });
  const { events } = await cloud.client.workflow.getHandle(opened.workflowId).fetchHistory();
  return { outcome: last.outcome ?? 'open', recoveredMs: Date.parse(last.recoveredAt ?? '') - opened.sentAt, cutOffs, events: events?.length ?? 0 };
}

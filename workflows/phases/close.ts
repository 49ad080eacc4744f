import { allHandlersFinished, condition, getExternalWorkflowHandle, isCancellation, ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { metrics, records } from '../activity-calls';
import { permanentFixWorkflowId, WORKFLOW, type IncidentRecord, type PermanentFixInput, type PermanentFixSpec } from '../contracts';
import { fixesProposed } from '../contracts/permanent-fix-messages';
import { sealed } from '../domain/audit';
import { reduce } from '../domain/incident-state';
import { fixStory, keepLiveChange, keptFields } from '../domain/kept-fields';
import { causeIdOf, earlierFixes, sameCauseBefore } from '../domain/recurrence';
import { durationsOf } from '../domain/record-summary';
import { OUTCOME_TEXT } from '../domain/timeline';
import { absentWorker, nobodyTookIt } from './absence';
import { reasonOf, type Incident } from './incident';
import { leaveStorm } from './storm';

/**
 * Starts the permanent fix, whose life is its own, and writes the record before the incident closes. A record store that is away
 * is waited for as long as nothing is wrong: an alert that fires meanwhile reopens the incident at once.
 */
export async function close(incident: Incident): Promise<'closed' | 'reopened'> {
  incident.closing = true;
  incident.enter('close');
  leaveStorm(incident);
  await proposeFixes(incident);
  const { title, outcome } = incident.status;
  const how = OUTCOME_TEXT[outcome ?? 'handed-over'];
  incident.page('closed', { en: `Closed (${how.en}): ${title.en}`, ko: `종료(${how.ko}): ${title.ko}` });
  const atOnce = incident.has('2026-12-ends-that-are-none');
  const written = await (atOnce ? incident.unless(() => incident.alertsFiring, () => keepRecord(incident)) : keepRecord(incident));
  await condition(allHandlersFinished);
  if (written === 'interrupted' || (incident.alertsFiring && (atOnce || !incident.cancelled))) return 'reopened';
  incident.record({ type: 'closed' });
  incident.publish();
  return 'closed';
}

async function keepRecord(incident: Incident): Promise<void> {
  await incident.settle();
  incident.wait({ for: 'record', since: incident.now(), text: { en: 'the record to be written', ko: '기록 저장' } });
  try {
    await writeRecord(incident);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The history still has everything; an incident that failed for this would only look unsolved.
    const reason = reasonOf(error);
    incident.record({ type: 'executionFailed', planId: '-', reason: `the record was not written: ${reason}` });
    incident.page('overdue', { en: `The record of ${incident.status.publicId} was not written: ${reason}`, ko: `${incident.status.publicId}의 기록을 저장하지 못함: ${reason}` });
    await incident.settle();
  }
}

/** What people say while the record is being written belongs into it: it is then written again, but not for as long as somebody likes. */
const MOST_WRITES = 3;

async function writeRecord(incident: Incident): Promise<void> {
  const said = await pipelineMetrics(incident);
  for (let writes = 1; ; writes += 1) {
    const { audit, status: { notes } } = incident;
    const record = recordOf(incident, said);
    incident.sealed = record.audit;
    const { location } = await records.recordsWrite(record);
    const more = incident.audit !== audit || (incident.status.notes !== notes && incident.has('2026-12-ends-that-are-none'));
    if (more && writes < MOST_WRITES) continue;
    incident.record({ type: 'recordWritten', location });
    return;
  }
}

/** Where they can be asked for. A close waits for them for some seconds, and goes on without. */
async function pipelineMetrics(incident: Incident): Promise<IncidentRecord['metrics']> {
  const { settings, status: { cluster, beganAt: since } } = incident;
  if (!settings.metrics || !incident.has('2026-12-metrics-in-record')) return undefined;
  try {
    return await metrics(settings).prometheusPipelineMetrics({ cluster, since });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { kind: 'unread', reason: nobodyTookIt(error) ? absentWorker(settings.queues.probe) : reasonOf(error) };
  }
}

function proposedFixes(incident: Incident): PermanentFixSpec[] {
  const { rootCause, causes } = incident.status;
  const wanted = causes.find((cause) => cause.id === rootCause)?.permanentFix ?? [];
  return [...keepLiveChange(incident.status), ...(incident.snapshot?.runbook.permanentFix ?? []).filter((fix) => wanted.includes(fix.id))];
}

/** What an incident that was reopened proposes is followed together with what it proposed before. */
async function proposeFixes(incident: Incident): Promise<void> {
  const fixes = proposedFixes(incident);
  const { permanentFix } = incident.status;
  incident.fixes = [...incident.fixes.filter(({ id }) => !fixes.some((fix) => fix.id === id)), ...fixes];
  if (!permanentFix) {
    if (incident.fixes.length > 0) await startPermanentFix(incident, incident.fixes);
    return;
  }
  if (fixes.length === 0 || !incident.has('2026-12-ends-that-are-none')) return;
  try {
    await getExternalWorkflowHandle(permanentFix.workflowId).signal(fixesProposed, { fixes, ...intoGit(incident, fixes) });
    noteProposed(incident, permanentFix.workflowId, fixes);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Those of before have been settled, and nobody follows them any more.
    await startPermanentFix(incident, fixes);
  }
}

function noteProposed(incident: Incident, workflowId: string, fixes: PermanentFixSpec[]): void {
  const known = incident.status.permanentFix?.fixes ?? [];
  const added = fixes.filter(({ id }) => !known.some((fix) => fix.id === id)).map(({ id, title }) => ({ id, title }));
  if (added.length > 0) incident.record({ type: 'permanentFixStarted', workflowId, fixes: added });
}

async function startPermanentFix(incident: Incident, fixes: PermanentFixSpec[]): Promise<void> {
  const { cluster, publicId, workflowId, firstRunId } = incident.status;
  const fixWorkflowId = permanentFixWorkflowId(publicId);
  const input: PermanentFixInput = { cluster, publicId, incidentWorkflowId: workflowId, incidentFirstRunId: firstRunId, fixes, ...intoGit(incident, fixes) };
  try {
    await startChild(WORKFLOW.permanentFix, {
      workflowId: fixWorkflowId,
      workflowIdReusePolicy: incident.status.permanentFix ? WorkflowIdReusePolicy.ALLOW_DUPLICATE : WorkflowIdReusePolicy.REJECT_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [input],
      staticSummary: `Permanent fix of ${publicId}`,
    });
    noteProposed(incident, fixWorkflowId, fixes);
  } catch (error) {
    incident.record({ type: 'executionFailed', planId: '-', reason: `the permanent fix was not started: ${reasonOf(error)}` });
  }
}

/** What it takes to bring fixes into the repository, where the cluster has one. */
function intoGit({ settings, status }: Incident, fixes: readonly PermanentFixSpec[]): Pick<PermanentFixInput, 'git' | 'url' | 'recurrences' | 'earlier'> {
  const url = `${settings.publicUrl}/incidents/${status.publicId}`;
  const recurrences = sameCauseBefore(status, causeIdOf(status)).map(({ publicId }) => publicId);
  const earlier = earlierFixes(status, fixes.map(({ id }) => id));
  const again = { ...(recurrences.length > 0 && { recurrences }), ...(Object.keys(earlier).length > 0 && { earlier }) };
  if (!settings.git) return { url, ...again };
  // A value that did not help is none to keep.
  const kept = status.outcome === 'recovered' ? keptFields(status) : [];
  return { url, ...again, git: { queue: settings.queues.probe, kept, story: fixStory(status, url, recurrences, status.openedAt) } };
}

/** The record is written before the workflow closes, and says of itself what it will be a moment later: closed. */
function recordOf(incident: Incident, said: IncidentRecord['metrics']): IncidentRecord {
  const closed = reduce(incident.status, { type: 'closed', at: incident.now() });
  const record: IncidentRecord = {
    schema: 'nightshift/record/v1',
    incident: closed,
    permanentFixes: incident.fixes,
    durations: durationsOf(closed),
    locale: incident.settings.locale,
    ...(said && { metrics: said }),
  };
  return { ...record, audit: sealed(incident.audit, record) };
}

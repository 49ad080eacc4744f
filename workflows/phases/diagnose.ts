import { isCancellation } from '@temporalio/workflow';
import { probes } from '../activity-calls';
import { probeActivityName, type Evidence, type ProbeSpec, type RankedCause } from '../contracts';
import { failureTypeOf } from '../contracts/failures';
import { goThrough } from '../domain/checklists';
import { fiveW1H } from '../domain/five-w-one-h';
import { rankCauses } from '../domain/ranking';
import { nobodyTookIt, unasked } from './absence';
import { reasonOf, type Incident } from './incident';

/** Asks every probe of the runbook at once and ranks its causes. Answers the root cause, if one is certain enough. */
export async function diagnose(incident: Incident): Promise<RankedCause | undefined> {
  incident.enter('diagnose');
  if (!incident.snapshot) {
    incident.record({ type: 'diagnosed', causes: [], rootCause: 'unknown' });
    return undefined;
  }
  const { runbook } = incident.snapshot;
  const evidence = await gatherEvidence(incident, runbook.probes);
  // What the triage tree has asked before stays for the person who may have to read it.
  const before = runbook.id === 'unknown' ? incident.status.evidence.filter((old) => !evidence.some(({ probe }) => probe === old.probe)) : [];
  incident.record({ type: 'evidenceGathered', evidence: [...evidence, ...before], ...(runbook.checklists && { checklists: goThrough(runbook.checklists, evidence) }) });
  const { causes, rootCause } = rankCauses(runbook, evidence);
  incident.record({ type: 'diagnosed', causes, rootCause });
  incident.record({ type: 'triaged', fiveW1H: fiveW1H(incident.status) });
  return causes.find((cause) => cause.id === rootCause);
}

/** All probes for the diagnosis, in parallel. One that fails is evidence too: the system asked did not answer. */
export async function gatherEvidence(incident: Incident, specs: readonly ProbeSpec[]): Promise<Evidence[]> {
  return Promise.all(specs.filter(({ verifyOnly }) => !verifyOnly).map((spec) => ask(incident, spec)));
}

async function ask(incident: Incident, probe: ProbeSpec): Promise<Evidence> {
  const { settings, status } = incident;
  const lastMutation = status.mutations.at(-1);
  const activity = probes(settings, `${probe.id}: ${probe.use}`)[probeActivityName(probe.use)];
  try {
    if (!activity) throw new Error(`no activity for ${probe.use}`);
    return await activity({
      cluster: status.cluster,
      publicId: status.publicId,
      probe,
      since: status.beganAt,
      timeoutMs: settings.durations.probeTimeout,
      ...(lastMutation && { mutatedAt: lastMutation.at }),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const unanswered = nobodyTookIt(error) ? unasked(settings.queues.probe) : { type: failureTypeOf(error) ?? 'UpstreamUnavailable', message: reasonOf(error) };
    return { probe: probe.id, use: probe.use, status: 'unanswered', at: incident.now(), fields: {}, summary: `${probe.id} did not answer: ${unanswered.message}`, error: unanswered };
  }
}

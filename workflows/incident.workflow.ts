import { allHandlersFinished, condition, continueAsNew } from '@temporalio/workflow';
import type { IncidentInput, Outcome, Text } from './contracts';
import { changingPlans } from './domain/record-summary';
import { startClocks } from './phases/clocks';
import { close } from './phases/close';
import { Incident } from './phases/incident';
import { registerInbox } from './phases/inbox';
import { lookAround } from './phases/look-around';
import { handOver, inPersonsHands } from './phases/person';
import { reopen } from './phases/reopen';
import { followLeader, registerStorm } from './phases/storm';
import { treat } from './phases/treat';
import { triage } from './phases/triage';

export interface IncidentResult {
  publicId: string;
  outcome: Outcome;
}

/**
 * One incident, from its first alert to its record: triage, then diagnose → plan → approve → recover → verify until the
 * pipeline is well or a person has it, then close. Started by signal-with-start of `alertsChanged`.
 */
export async function incidentWorkflow(input: IncidentInput): Promise<IncidentResult> {
  const incident = new Incident(input);
  registerInbox(incident);
  registerStorm(incident);
  if (!input.continued) await triage(incident);
  startClocks(incident);
  let inHands = input.continued?.state.phase === 'waiting';
  for (;;) {
    const outcome = await workUntilOver(incident, inHands);
    if ((await close(incident)) === 'closed') return { publicId: incident.status.publicId, outcome };
    reopen(incident);
    inHands = incident.status.owner !== undefined;
  }
}

/** Treats; hands over where treatment ends; goes on when the person gives it back. */
async function workUntilOver(incident: Incident, startInHands: boolean): Promise<Outcome> {
  let inHands = startInHands;
  for (;;) {
    if (incident.following) {
      const next = await followLeader(incident);
      if (next === 'resolved') return 'merged';
      if (next === 'continue-as-new') await continueElsewhere(incident);
      inHands = next === 'in-hands';
      if (!inHands) startClocks(incident);
      continue;
    }
    if (!inHands) {
      const course = await treat(incident);
      if (incident.interruption === 'merged') continue;
      if (course.kind !== 'needs-a-person') return settle(incident, course.kind);
      await lookAround(incident);
      handOver(incident, course.reason);
    }
    inHands = true;
    const next = await inPersonsHands(incident);
    if (next === 'resolved') return incident.status.outcome ?? 'handed-over';
    if (next === 'resumed') inHands = false;
    else await continueElsewhere(incident);
  }
}

const WELL = {
  recovered: { en: 'Every condition of recovery holds and the alerts have resolved.', ko: '모든 복구 조건이 충족되고 알림이 해소되었습니다.' },
  'self-healed': { en: 'The pipeline is well; Nightshift changed nothing that was needed.', ko: '자동 조치 없이 파이프라인이 정상으로 돌아왔습니다.' },
} as const satisfies Record<string, Text>;

function settle(incident: Incident, kind: keyof typeof WELL): Outcome {
  const { status } = incident;
  const changed = incident.has('2026-12-ends-that-are-none') ? changingPlans(status).length > 0 : status.mutations.some((mutation) => mutation.result !== 'unchanged' && !mutation.undo);
  const outcome = changed ? 'recovered' : kind;
  incident.record({ type: 'outcome', outcome, reason: WELL[outcome] });
  return outcome;
}

/** A history that has grown long goes on in a fresh run, with the whole state and under the same public ID. */
async function continueElsewhere(incident: Incident): Promise<never> {
  await condition(allHandlersFinished);
  const { cluster, failureDomain } = incident.status;
  return continueAsNew<typeof incidentWorkflow>({ cluster, failureDomain, continued: { state: incident.status, settings: incident.settings, messageIds: [...incident.messageIds], askedAbout: [...incident.askedAbout], fixes: incident.fixes, audit: incident.audit, ...(incident.snapshot && { snapshot: incident.snapshot }) } });
}

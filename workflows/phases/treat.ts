import { condition } from '@temporalio/workflow';
import type { Plan, RankedCause, Text } from '../contracts';
import { approve } from './approve';
import { diagnose } from './diagnose';
import type { Incident } from './incident';
import { plan, type Planned } from './plan';
import { recover, releaseLease, undo } from './recover';
import { confirmStability, looksHealthy, verify } from './verify';

/** How the automatic course ended: the pipeline is well again, or a person has to go on and is told why. */
export type Course = { kind: 'recovered' | 'self-healed' } | { kind: 'needs-a-person'; reason: Text };

/** A world that changes under every plan is not one that automation understands. */
const MAX_ROUNDS = 6;

/** What the rounds of one treatment remember of each other. */
interface Rounds {
  /** Ids of remedies that were rejected or did not help. */
  tried: Set<string>;
  /** Why the last plan no longer held. The same reason twice will not go away by planning a third time: a switch is off. */
  stale?: string;
}

/**
 * Diagnose → plan → approve → recover → verify, remedy by remedy, until the pipeline is well or nothing is left to try.
 * Every round looks at the world afresh: no plan is made from evidence that is older than the last mutation.
 */
export async function treat(incident: Incident): Promise<Course> {
  const rounds: Rounds = { tried: new Set() };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const cause = await rootCause(incident);
    if (stopped(incident)) return interrupted(incident);
    const course = cause === 'healthy' ? await lasting(incident, 'self-healed') : await tryRemedy(incident, cause, rounds);
    if (stopped(incident)) return interrupted(incident);
    if (course) return course;
  }
  return person(`${MAX_ROUNDS} rounds did not bring it back`, `${MAX_ROUNDS}회 시도 후에도 복구되지 않음`);
}

/** Pods may still be starting and counters may not have moved: an unclear picture is looked at again before a person is called. */
async function rootCause(incident: Incident): Promise<RankedCause | 'healthy' | undefined> {
  const { rootCauseTarget } = incident.settings.durations;
  for (let look = 0; look < LOOKS; look += 1) {
    const cause = await diagnose(incident);
    if (cause || !incident.snapshot) return cause;
    if (incident.chosenRemedy) return undefined;
    const silent = incident.status.evidence.every(({ status }) => status === 'unanswered');
    if (!silent && (await looksHealthy(incident))) return 'healthy';
    if (look + 1 < LOOKS) await condition(() => incident.interruption !== undefined, rootCauseTarget / (LOOKS + 1));
    if (incident.interruption) return undefined;
  }
  return undefined;
}

const LOOKS = 3;

/** @returns how the course ends, or nothing when the next round should look again */
async function tryRemedy(incident: Incident, cause: RankedCause | undefined, rounds: Rounds): Promise<Course | undefined> {
  if (!cause && !incident.chosenRemedy) return person('no root cause is certain enough to act on', '조치할 만큼 확실한 근본 원인이 없음');
  const { chosenRemedy } = incident;
  const planned = await plan(incident, cause, rounds.tried);
  // One that was chosen meanwhile is for the next round.
  if (incident.chosenRemedy === chosenRemedy) incident.chosenRemedy = undefined;
  if (planned.kind === 'unneeded') return wellOrPerson(incident, 'no remedy is needed, but the pipeline is not well', '조치가 필요 없으나 아직 정상이 아님');
  if (planned.kind === 'none') {
    const reasons = { en: planned.reasons.join('; ') || 'no remedy is left to try', ko: planned.reasons.join('; ') || '더 시도할 조치가 없음' };
    const advice = cause?.advice ?? reasons;
    return cause ? person(`${cause.title.en}: ${advice.en}`, `${cause.title.ko}: ${advice.ko}`) : { kind: 'needs-a-person', reason: reasons };
  }
  const approval = await approve(incident, planned.plan);
  switch (approval) {
    case 'approved':
      return carryOut(incident, planned.plan, rounds);
    case 'rejected':
      rounds.tried.add(planned.plan.remedy);
      return undefined;
    case 'self-healed':
      return lasting(incident, 'self-healed');
    case 'expired':
      return person('nobody decided in time', '제한 시간 안에 승인되지 않음');
    case 'observe-only':
    case 'never':
      return proposedOnly(approval, planned);
    case 'interrupted':
      return undefined;
  }
}

/** What policy does not let through is shown to a person as a proposal. */
function proposedOnly(approval: 'observe-only' | 'never', { plan: { title }, ruling }: Extract<Planned, { kind: 'planned' }>): Course {
  const rule = ruling ? { en: ` (rule “${ruling.rule}”: ${ruling.because.en})`, ko: ` (규칙 “${ruling.rule}”: ${ruling.because.ko})` } : { en: '', ko: '' };
  if (approval === 'observe-only') return person(`this cluster is observe-only${rule.en}; proposed: ${title.en}`, `관찰 전용 클러스터${rule.ko}; 제안: ${title.ko}`);
  return person(`policy does not allow it${rule.en}; proposed: ${title.en}`, `정책상 실행 불가${rule.ko}; 제안: ${title.ko}`);
}

async function carryOut(incident: Incident, planned: Plan, rounds: Rounds): Promise<Course | undefined> {
  const recovery = await recover(incident, planned);
  switch (recovery.kind) {
    case 'executed': {
      const verified = await verify(incident);
      if (verified === 'not-held') {
        rounds.tried.add(planned.remedy);
        await undo(incident, planned, recovery.lease);
      }
      await releaseLease(incident, recovery.lease);
      if (verified !== 'held') return undefined;
      const course = await lasting(incident, 'recovered');
      if (!course) rounds.tried.add(planned.remedy);
      return course;
    }
    case 'unneeded':
      return wellOrPerson(incident, recovery.reason, recovery.reason);
    case 'stale':
      if (recovery.reason === rounds.stale) return person(recovery.reason, recovery.reason);
      rounds.stale = recovery.reason;
      return undefined;
    case 'interrupted':
      return undefined;
    case 'failed':
      return person(recovery.reason, recovery.reason);
  }
}

async function wellOrPerson(incident: Incident, en: string, ko: string): Promise<Course | undefined> {
  return (await looksHealthy(incident)) ? lasting(incident, 'self-healed') : person(en, ko);
}

/** Nothing counts as well before it has lasted. */
async function lasting(incident: Incident, kind: 'recovered' | 'self-healed'): Promise<Course | undefined> {
  incident.enter('verify');
  return (await confirmStability(incident)) === 'confirmed' ? { kind } : undefined;
}

/** A person who chose another remedy wants the course to go on with it; any other interruption ends it. */
function stopped(incident: Incident): boolean {
  if (incident.interruption === 'remedy-chosen') incident.interruption = undefined;
  return incident.interruption !== undefined;
}

function interrupted(incident: Incident): Course {
  const owner = incident.status.owner ?? 'somebody';
  return incident.cancelled ? person('cancelled', '취소됨') : person(`${owner} has taken over`, `${owner} 인수`);
}

function person(en: string, ko: string): Course {
  return { kind: 'needs-a-person', reason: { en, ko } };
}

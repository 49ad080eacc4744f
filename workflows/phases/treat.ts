import { condition } from '@temporalio/workflow';
import type { Plan, RankedCause, Text } from '../contracts';
import { firing } from '../domain/alerts';
import { TriedRemedies } from '../domain/tried-remedies';
import { sayUnanswered } from '../domain/unanswered';
import { handOverOfAbsence, nobodyAsks } from './absence';
import { approve } from './approve';
import { diagnose } from './diagnose';
import type { Incident } from './incident';
import { goOn } from './lead';
import { lookFurther, mayLookFurther, needsMending, strangeAlerts } from './look-further';
import { plan, type Planned } from './plan';
import { recover, undo } from './recover';
import { confirmStability, looksHealthy, sayConditions, unmetOf, verify } from './verify';

/** How the automatic course ended: the pipeline is well again, or a person has to go on and is told why. */
export type Course = { kind: 'recovered' | 'self-healed' } | { kind: 'needs-a-person'; reason: Text };

/** A world that changes under every plan is not one that automation understands. */
const MAX_ROUNDS = 6;

/** What the rounds of one treatment remember of each other. */
interface Rounds {
  tried: TriedRemedies;
  /** Why the last plan no longer held. The same reason twice will not go away by planning a third time: a switch is off. */
  stale?: string;
  /** How often all that is looked at was well, nothing was changed, and the alert fired all the same. */
  wellAndFiring: number;
}

/** Once more may find what was too faint the first time; after that nobody here knows what the alert sees. */
const MOST_WELL_AND_FIRING = 2;

/**
 * Diagnose → plan → approve → recover → verify, remedy by remedy, until the pipeline is well or nothing is left to try.
 * Every round looks at the world afresh: no plan is made from evidence that is older than the last mutation.
 */
export async function treat(incident: Incident): Promise<Course> {
  const rounds: Rounds = { tried: new TriedRemedies(), wellAndFiring: 0 };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const cause = await rootCause(incident);
    if (stopped(incident)) return interrupted(incident);
    if (cause && cause !== 'healthy' && !incident.chosenRemedy && (await goOn(incident, cause))) {
      // Another runbook's remedies may have the same names.
      rounds.tried.clear();
      continue;
    }
    const course = cause === 'healthy' ? await lasting(incident, 'self-healed', rounds) : await tryRemedy(incident, cause, rounds);
    if (stopped(incident)) return interrupted(incident);
    if (course) return course;
  }
  return person(`${MAX_ROUNDS} rounds did not bring it back`, `${MAX_ROUNDS}회 시도 후에도 복구되지 않음`);
}

/**
 * Pods may still be starting and counters may not have moved: a picture that is unclear, or harmless although the pipeline
 * is not well, is looked at again before a person is called, and with the eyes of the other classes.
 */
async function rootCause(incident: Incident): Promise<RankedCause | 'healthy' | undefined> {
  const { rootCauseTarget } = incident.settings.durations;
  let cause: RankedCause | undefined;
  for (let look = 1; look <= LOOKS; look += 1) {
    cause = await diagnose(incident);
    if (incident.chosenRemedy || (cause && needsMending(cause))) return cause;
    if (nobodyAsks(incident) && incident.has('2026-11-absent-worker')) {
      // Whoever is asked next would be asked by the same worker; one that restarts is back at the second look.
      if (look >= LOOKS_FOR_A_WORKER) return undefined;
      await condition(() => incident.interruption !== undefined, rootCauseTarget / (LOOKS + 1));
      if (incident.interruption) return undefined;
      continue;
    }
    if (!incident.snapshot && strangeAlerts(incident).length === 0) return undefined;
    const further = mayLookFurther(incident);
    if (cause && !further) return cause;
    const strange = () => further && strangeAlerts(incident).length > 0;
    if (strange() && (await lookFurther(incident, cause))) return rootCause(incident);
    const silent = incident.status.evidence.every(({ status }) => status === 'unanswered');
    // What nobody knows does not become known by waiting, and is not called well while its alert fires.
    if (incident.status.incidentClass === 'unknown' && incident.snapshot && !silent && incident.alertsFiring && incident.has('2026-11-unknown-is-never-well')) return undefined;
    if (incident.snapshot && !silent && (await looksHealthy(incident, strange))) return 'healthy';
    if ((strange() || (further && look > 1)) && (await lookFurther(incident, cause))) return rootCause(incident);
    if (!incident.snapshot) return undefined;
    const pause = PAUSES[look - 1];
    if (pause !== undefined) await condition(worthALook(incident, strange), rootCauseTarget * pause);
    if (incident.interruption) return undefined;
  }
  return cause;
}

/** Between looks, as shares of the target: the second comes soon, because the other classes are asked then; the last half the target after the first, since pods may be starting. */
const PAUSES = [1 / 15, 1 / 2 - 1 / 15];
const LOOKS = PAUSES.length + 1;
const LOOKS_FOR_A_WORKER = 2;

/** Between two looks: somebody steps in, another alert fires, or the last one ends, after which things look different. */
function worthALook(incident: Incident, strange: () => boolean): () => boolean {
  const mayEnd = incident.alertsFiring && incident.has('2026-11-look-when-alerts-end');
  return () => incident.interruption !== undefined || strange() || (mayEnd && !incident.alertsFiring);
}

/** @returns how the course ends, or nothing when the next round should look again */
async function tryRemedy(incident: Incident, cause: RankedCause | undefined, rounds: Rounds): Promise<Course | undefined> {
  if (!cause && !incident.chosenRemedy) return uncertain(incident);
  const { chosenRemedy } = incident;
  const planned = await plan(incident, cause, rounds.tried);
  // One that was chosen meanwhile is for the next round.
  if (incident.chosenRemedy === chosenRemedy) incident.chosenRemedy = undefined;
  if (planned.kind === 'unneeded') {
    const advice = cause?.advice ? { en: `; ${cause.advice.en}`, ko: `. ${cause.advice.ko}` } : { en: '', ko: '' };
    return wellOrPerson(incident, rounds, `no remedy is needed, but the pipeline is not well${advice.en}`, `조치가 필요 없으나 아직 정상이 아님${advice.ko}`);
  }
  if (planned.kind === 'none') {
    // What did no harm and needs nothing done, such as damage that a program has repaired by itself, wakes nobody when all is well.
    if (cause?.impact === 'none' && (await looksHealthy(incident))) return lasting(incident, 'self-healed', rounds);
    const reasons = { en: planned.reasons.join('; ') || 'no remedy is left to try', ko: planned.reasons.join('; ') || '더 시도할 조치가 없음' };
    const advice = planned.absent ? reasons : (cause?.advice ?? reasons);
    return cause ? person(`${cause.title.en}: ${advice.en}`, `${cause.title.ko}: ${advice.ko}`) : { kind: 'needs-a-person', reason: reasons };
  }
  const approval = await approve(incident, planned.plan);
  switch (approval) {
    case 'approved':
      return carryOut(incident, planned.plan, rounds);
    case 'rejected':
      rounds.tried.decline(planned.plan.remedy);
      return undefined;
    case 'self-healed':
      return lasting(incident, 'self-healed', rounds);
    case 'expired':
      return person('nobody decided in time', '제한 시간 안에 승인되지 않음');
    case 'observe-only':
    case 'never':
      return proposedOnly(approval, planned);
    case 'interrupted':
      return undefined;
  }
}

/** Nothing is guessed: a person gets the evidence, and what it would take to be certain. */
function uncertain(incident: Incident): Course {
  if (nobodyAsks(incident)) return { kind: 'needs-a-person', reason: handOverOfAbsence(incident) };
  const { status } = incident;
  const likely = status.causes.filter(({ verdict }) => verdict !== 'rejected').slice(0, 2);
  const missing = (cause: RankedCause) => cause.missing.slice(0, 2).join(', ');
  const say = (title: string, cause: RankedCause) => `${title} ${Math.round(cause.confidence * 100)} %${cause.missing.length > 0 ? ` (${missing(cause)})` : ''}`;
  const en = likely.map((cause) => say(cause.title.en, cause)).join('; ');
  const ko = likely.map((cause) => say(cause.title.ko, cause)).join('; ');
  const silent = sayUnanswered(status.evidence);
  return person(
    `no root cause is certain enough to act on${en ? `; most likely: ${en}` : ''}${silent ? `; ${silent.en}` : ''}`,
    `조치할 만큼 확실한 근본 원인이 없음${ko ? `. 가능성이 높은 원인: ${ko}` : ''}${silent ? `. ${silent.ko}` : ''}`,
  );
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
        rounds.tried.didNotSuffice(planned);
        const unseen = unseenOf(incident);
        if (unseen) {
          await recovery.leases.release();
          return person(`whether it helped cannot be seen, so nothing is taken back: ${unseen.en}`, `효과를 확인할 수 없어 되돌리지 않음: ${unseen.ko}`);
        }
        if (!helpedItself(incident)) await undo(incident, planned, recovery.leases);
      }
      await recovery.leases.release();
      if (verified !== 'held') return undefined;
      const course = await lasting(incident, 'recovered', rounds);
      if (!course) rounds.tried.didNotSuffice(planned);
      return course;
    }
    case 'unneeded':
      return wellOrPerson(incident, rounds, recovery.reason, recovery.reason);
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

/**
 * Every condition of the runbook's own holds, and only lines of the common checklist are open: something else is broken, which
 * is no reason to take back what has mended this.
 */
function helpedItself({ status }: Incident): boolean {
  const own = (status.verification?.conditions ?? []).filter(({ common }) => !common);
  return own.length > 0 && own.length < (status.verification?.conditions.length ?? 0) && own.every(({ holds }) => holds);
}

/**
 * What could not be looked at, where nothing was seen to be otherwise than it should be: no reason to take back what may have
 * helped, nor to change something else. Undefined where something was seen.
 */
function unseenOf(incident: Incident): Text | undefined {
  if (!incident.has('2026-12-after-a-remedy')) return undefined;
  const open = unmetOf(incident.status.verification?.conditions ?? []);
  const unanswered = open.filter(({ unseen }) => unseen === 'unanswered');
  if (unanswered.length === 0 || open.some(({ unseen }) => unseen === undefined)) return undefined;
  return sayConditions(unanswered);
}

async function wellOrPerson(incident: Incident, rounds: Rounds, en: string, ko: string): Promise<Course | undefined> {
  return (await looksHealthy(incident)) ? lasting(incident, 'self-healed', rounds) : person(en, ko);
}

/** Nothing counts as well before it has lasted. */
async function lasting(incident: Incident, kind: 'recovered' | 'self-healed', rounds: Rounds): Promise<Course | undefined> {
  incident.enter('verify');
  // Where nothing was mended, an alert that joins and that this class says nothing about is a new question.
  const known = strangeAlerts(incident).length;
  const further = kind === 'self-healed' && mayLookFurther(incident);
  const stability = await confirmStability(incident, () => further && strangeAlerts(incident).length > known);
  if (stability === 'confirmed') return { kind };
  if (stability === 'unresolved' && kind === 'self-healed') rounds.wellAndFiring += 1;
  return rounds.wellAndFiring >= MOST_WELL_AND_FIRING && incident.has('2026-12-well-and-firing') ? stillFiring(incident) : undefined;
}

function stillFiring({ status }: Incident): Course {
  const names = [...new Set(firing(status.alerts).map(({ labels }) => labels['alertname'] ?? 'an alert'))].join(', ');
  return person(`all that is looked at is well, and ${names} fires all the same: it sees something that no probe here looks at`, `확인하는 항목은 모두 정상이나 ${names} 알림이 계속 발생함: 알림이 보는 것을 확인하는 프로브가 없음`);
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

import { condition, isCancellation } from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import { verification } from '../activity-calls';
import type { ConditionStatus, Text, VerifyRequest, VerifySpec } from '../contracts';
import { plus } from '../domain/time';
import { reasonOf, type Incident } from './incident';

export type Verification = 'held' | 'not-held' | 'interrupted';
/** `unresolved`: every condition holds, and the alert of the beginning fires all the same. */
export type Stability = 'confirmed' | 'revoked' | 'unresolved' | 'interrupted';

/** Waits until every condition holds: that moment is `recovered at`, and the recovery clock stops. */
export async function verify(incident: Incident): Promise<Verification> {
  incident.enter('verify');
  incident.record({ type: 'verificationStarted' });
  const { verifyDeadline } = incident.settings.durations;
  incident.wait({ for: 'verification', since: incident.now(), until: plus(incident.now(), verifyDeadline), text: { en: 'the conditions of recovery to hold', ko: '복구 조건 충족' } });
  let checked = await incident.unlessInterrupted(() => check(incident, verifyDeadline, 'conditions of recovery'));
  // The deadline also passes while no worker is there to look: nothing is undone that was not looked at at the end.
  if (checked !== 'interrupted' && !checked.held && incident.has('2026-11-last-look')) {
    checked = await incident.unlessInterrupted(() => check(incident, LOOK_ONCE, 'a last look', true));
  }
  incident.wait(undefined);
  if (checked === 'interrupted') return 'interrupted';
  if (!checked.held) {
    incident.record({ type: 'notVerified', conditions: checked.conditions, reason: checked.reason });
    return 'not-held';
  }
  incident.record({ type: 'verified', conditions: checked.conditions });
  incident.publish();
  const { title } = incident.status;
  incident.page('recovered', { en: `Recovered: ${title.en}. Watching whether it lasts.`, ko: `복구됨: ${title.ko}. 안정 여부를 지켜봅니다.` });
  return 'held';
}

/**
 * Lets the stability window pass, looks once more, and then waits for the alerts to resolve: a recovery that nobody's
 * alert believes is not closed as one.
 * @param doubted becomes true when something says that there is more to see; nothing is waited for then
 */
export async function confirmStability(incident: Incident, doubted = () => false): Promise<Stability> {
  const { stabilityWindow } = incident.settings.durations;
  const known = incident.status.alerts.length;
  incident.wait({ for: 'stability', since: incident.now(), until: plus(incident.now(), stabilityWindow), text: { en: 'the stability window to pass', ko: '안정화 기간' } });
  await condition(() => incident.interruption !== undefined || doubted(), stabilityWindow);
  if (incident.interruption) return 'interrupted';
  if (doubted()) return inDoubt(incident);
  const checked = await incident.unlessInterrupted(() => check(incident, LOOK_ONCE, 'still healthy?', true, 'stability'));
  incident.wait(undefined);
  if (checked === 'interrupted') return 'interrupted';
  if (!checked.held) {
    incident.record({ type: 'recoveryRevoked', reason: checked.reason });
    return 'revoked';
  }
  incident.record({ type: 'stabilityConfirmed', conditions: checked.conditions });
  return resolution(incident, known, doubted);
}

function inDoubt(incident: Incident): Stability {
  incident.wait(undefined);
  incident.record({ type: 'recoveryRevoked', reason: { en: 'another alert fires, which this class of incident says nothing about', ko: '이 장애 유형이 다루지 않는 다른 알림이 발생함' } });
  return 'revoked';
}

async function resolution(incident: Incident, knownAlerts: number, doubted: () => boolean): Promise<Stability> {
  if (!incident.alertsFiring) return 'confirmed';
  const { resolutionDeadline } = incident.settings.durations;
  incident.wait({ for: 'resolution', since: incident.now(), until: plus(incident.now(), resolutionDeadline), text: { en: 'the alerts to resolve', ko: '알림 해소' } });
  const resolved = await condition(() => !incident.alertsFiring || incident.interruption !== undefined || doubted(), resolutionDeadline);
  incident.wait(undefined);
  if (incident.interruption) return 'interrupted';
  if (resolved && incident.alertsFiring && doubted()) return inDoubt(incident);
  if (resolved) return 'confirmed';
  const joined = incident.status.alerts.length > knownAlerts;
  const reason = joined
    ? { en: 'new alerts fire and did not resolve', ko: '새 알림이 발생해 해소되지 않음' }
    : { en: 'the conditions hold, but the alert did not resolve', ko: '조건은 충족되었으나 알림이 해소되지 않음' };
  incident.record({ type: 'recoveryRevoked', reason });
  return joined ? 'revoked' : 'unresolved';
}

/**
 * Looks once, with time for one retry and for the probes that observe over a window.
 * @param moot becomes true when the answer is of no use any more
 */
export async function looksHealthy(incident: Incident, moot?: () => boolean): Promise<boolean> {
  if (!incident.snapshot) return !incident.alertsFiring;
  incident.record({ type: 'verificationStarted' });
  const checked = await incident.unlessInterrupted(() => check(incident, LOOK_ONCE, 'healed by itself?', true), moot);
  if (checked === 'interrupted') return false;
  if (checked.held) incident.record({ type: 'verified', conditions: checked.conditions });
  else incident.record({ type: 'notVerified', conditions: checked.conditions, reason: checked.reason });
  return checked.held;
}

/** One windowed look takes a minute, and a worker that was killed meanwhile takes it again. */
const LOOK_ONCE = 3 * 60_000;

type Checked = { held: true; conditions: ConditionStatus[] } | { held: false; conditions: ConditionStatus[]; reason: Text };

async function check(incident: Incident, deadlineMs: number, summary: string, once = false, stage: VerifySpec['stage'] = 'recovered'): Promise<Checked> {
  const { runbook } = incident.snapshot ?? {};
  if (!runbook) return { held: false, conditions: [], reason: { en: 'there is no runbook that says what healthy means', ko: '정상 상태를 정의하는 런북이 없음' } };
  const { cluster, publicId, beganAt, mutations } = incident.status;
  const lastMutation = mutations.at(-1);
  const request: VerifyRequest = {
    cluster,
    publicId,
    probes: runbook.probes,
    conditions: runbook.verify.filter((line) => line.stage === undefined || line.stage === stage),
    since: beganAt,
    probeTimeoutMs: incident.settings.durations.probeTimeout,
    everyMs: incident.settings.durations.verifyEvery,
    once,
    ...(lastMutation && { mutatedAt: lastMutation.at }),
  };
  try {
    return { held: true, conditions: await verification(incident.settings, deadlineMs, summary).verificationCheck(request) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const conditions = conditionsOf(error);
    const unmet = unmetOf(conditions);
    if (unmet.length === 0) return { held: false, conditions, reason: { en: reasonOf(error), ko: reasonOf(error) } };
    const { en, ko } = sayConditions(unmet);
    return { held: false, conditions, reason: { en: `not met: ${en}`, ko: `미충족: ${ko}` } };
  }
}

/** What does not hold, of what can be looked at here. */
export function unmetOf(conditions: readonly ConditionStatus[]): ConditionStatus[] {
  return conditions.filter(({ holds, notApplicable }) => !holds && !notApplicable);
}

export function sayConditions(conditions: readonly ConditionStatus[]): Text {
  const say = (locale: keyof Text) => conditions.map(({ title, seen }) => `${title[locale]} (${seen})`).join('; ');
  return { en: say('en'), ko: say('ko') };
}

/** The conditions as the last look saw them; they travel as the failure's first detail, below the time-out that ended the looking. */
function conditionsOf(error: unknown): ConditionStatus[] {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if (current instanceof ApplicationFailure && Array.isArray(current.details?.[0])) return current.details[0] as ConditionStatus[];
  }
  return [];
}

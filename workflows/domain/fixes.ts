import type { FixNews, PublishedFix } from '../contracts/permanent-fix';
import type { FixStatus, PermanentFixStatus, SettleFix } from '../contracts/record';
import type { PermanentFixSpec } from '../contracts/runbook';
import type { Text } from '../contracts/text';

/** Merged is enough where nobody can look whether the cluster has it. */
export function isOpenFix({ state, change }: FixStatus): boolean {
  return state === 'proposed' || state === 'published' || (state === 'merged' && change !== undefined);
}

export function proposedFix({ id, title }: PermanentFixSpec): FixStatus {
  return { id, title, state: 'proposed' };
}

/** Why a message about a fix is not taken; undefined where it is. */
export function refusalOf(fixes: readonly FixStatus[], { fix, state, reason }: SettleFix): string | undefined {
  const known = fixes.find(({ id }) => id === fix);
  if (!known) return `there is no fix ${String(fix)}; there is ${fixes.map(({ id }) => id).join(', ')}`;
  if (state !== 'merged' && state !== 'applied' && state !== 'declined') return 'a fix is settled as merged, applied or declined';
  if (state === 'declined' && !reason) return 'a fix is declined with a reason';
  if (!isOpenFix(known) || (known.state === 'merged' && state === 'merged')) return `the fix ${fix} was ${known.state} before`;
  return undefined;
}

/** What a person says; merged is on the way only where the cluster can be asked. */
export function settledFix(fix: FixStatus, { state, actor, reason }: SettleFix, at: string): FixStatus {
  const { problem: _problem, ...rest } = fix;
  if (state === 'merged' && fix.change) return { ...rest, state, actor, mergedAt: at };
  return { ...rest, state, actor, settledAt: at, ...(reason && { reason }) };
}

/** What came of the attempt to bring it into the repository. */
export function publishedFix(fix: FixStatus, result: PublishedFix, at: string): FixStatus {
  const { problem: _problem, note: _note, ...rest } = fix;
  switch (result.kind) {
    case 'published':
      return { ...rest, state: 'published', change: result.change, on: result.on, ...(result.note && { note: result.note }) };
    case 'already':
      return { ...rest, state: 'merged', change: result.change, mergedAt: at };
    case 'refused': {
      // What waited to be merged does so no more: it no longer fits.
      const { change: _change, on: _on, ...bare } = rest;
      return { ...bare, state: 'proposed', problem: { why: result.why, reason: result.reason } };
    }
  }
}

export function fixAfter(fix: FixStatus, news: FixNews, at: string): FixStatus {
  const { problem: _problem, ...rest } = fix;
  switch (news.kind) {
    case 'merged':
      return { ...rest, state: 'merged', mergedAt: at, ...(news.by && { actor: news.by }) };
    case 'applied':
      return { ...rest, state: 'applied', settledAt: at };
    case 'declined':
      return { ...rest, state: 'declined', actor: news.by, reason: news.reason, settledAt: at };
    case 'reverted':
      return { ...rest, reverted: { at, detail: news.detail } };
    case 'outdated':
      return rest;
  }
}

/** What could not be asked is asked again. */
export function withoutFailure(fix: FixStatus): FixStatus {
  if (fix.problem?.why !== 'failed') return fix;
  const { problem: _problem, ...rest } = fix;
  return rest;
}

const DAY_MS = 86_400_000;
const WEEKLY_MS = 7 * DAY_MS;
/** What has come back will come back: people hear of it before the next time. */
const RAISED_MS = 2 * DAY_MS;
/** Levels of receivers beyond which nobody is. */
const HIGHEST_LEVEL = 3;

export function remindEveryMs({ priority }: PermanentFixStatus): number {
  return priority === 'raised' ? RAISED_MS : WEEKLY_MS;
}

/** The longer nobody acts, the more people hear of it; sooner where it has happened before. */
export function levelOf({ reminders, priority }: PermanentFixStatus): number {
  return Math.min(HIGHEST_LEVEL, (priority === 'raised' ? 2 : 1) + Math.floor(Math.max(0, reminders - 1) / 2));
}

/** One open fix, as a reminder tells of it. */
export function openText({ title, state, on, problem, reverted, sameAs, mergedAt }: FixStatus): Text {
  const where = on ? (on.pullRequest?.url ?? on.branch) : '';
  const gone = reverted ? { en: '; its live change was taken back', ko: '; 실행 중 변경이 되돌려짐' } : { en: '', ko: '' };
  if (sameAs) return { en: `${title.en} (see ${sameAs})`, ko: `${title.ko} (${sameAs} 참고)` };
  if (state === 'published') return { en: `${title.en}: waits to be merged, ${where}${gone.en}`, ko: `${title.ko}: 병합 대기, ${where}${gone.ko}` };
  if (state === 'merged') return { en: `${title.en}: merged ${mergedAt?.slice(0, 10) ?? ''}, not seen in the cluster yet: is it synced?`, ko: `${title.ko}: ${mergedAt?.slice(0, 10) ?? ''} 병합됨, 클러스터에 아직 반영되지 않음(동기화 확인)` };
  if (problem) return { en: `${title.en} (${problem.reason.en})`, ko: `${title.ko} (${problem.reason.ko})` };
  return title;
}

import type { Evidence } from '../contracts/evidence';
import type { Text } from '../contracts/text';

/** Probes that did not answer for the same reason. */
export interface Unanswered {
  probes: string[];
  /** What the first of them met with, as a sentence. */
  why: string;
}

/** What nobody could say, by reason: an API server that is away silences a dozen probes, and is said once. */
export function unansweredOf(evidence: readonly Evidence[]): Unanswered[] {
  const reasons = new Map<string, Unanswered>();
  for (const { probe, status, error, summary } of evidence) {
    if (status === 'answered') continue;
    const why = error?.message ?? summary;
    const reason = `${error?.type}: ${beforeTheRequest(why)}`;
    const same = reasons.get(reason) ?? { probes: [], why };
    if (!same.probes.includes(probe)) same.probes.push(probe);
    reasons.set(reason, same);
  }
  return [...reasons.values()];
}

/** The same as a sentence; undefined where everything was answered. Reasons are told as they came, in English. */
export function sayUnanswered(evidence: readonly Evidence[]): Text | undefined {
  const groups = unansweredOf(evidence);
  if (groups.length === 0) return undefined;
  const said = groups.map(({ probes, why }) => `${probes.join(', ')} (${why})`).join('; ');
  return { en: `no answer from ${said}`, ko: `응답 없음: ${said}` };
}

/** Failures of gateways say who did what before they say to which request (`activities/http-failures.ts`). */
function beforeTheRequest(why: string): string {
  return why.split(/ when asked for | to (?=[A-Z]{3,} |the log of |what )/, 1)[0]!;
}

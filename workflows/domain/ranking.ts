import type { Condition, Evidence } from '../contracts/evidence';
import type { CauseSpec, Diagnosis, RankedCause, Runbook } from '../contracts/runbook';
import { evaluate } from './conditions';

/** How much a cause is believed when everything that decides it was seen. */
const BASE_CONFIDENCE = { high: 0.9, medium: 0.7, low: 0.5 } as const satisfies Record<CauseSpec['confidence'], number>;
/** Deciding evidence is missing: whatever else speaks for the cause, it stays below the threshold. */
const UNDECIDED_SHARE = 0.45;
const SUPPORT = 0.03;
const CONTRADICTION = 0.15;
const MISSING_SUPPORT = 0.02;
/** The object that a cause blames was changed shortly before: more than any single sign, less than a sign against it. */
const RECENT_CHANGE = 0.04;
/** The probe that every diagnosis asks; its field `changedBefore` holds roles. */
const RECENT_CHANGES = 'kubernetes.recentChanges';
/** Nothing that a machine concludes is certain, and nothing that it keeps is impossible. */
const SUREST = 0.99;
const LEAST = 0.05;
/** Below this nothing is called the root cause; a person is asked instead. */
export const CONFIDENCE_THRESHOLD = 0.5;

/**
 * Ranks the causes of a runbook over the evidence: confirmed ones first, then possible ones (deciding evidence is
 * missing), then rejected ones. Of equally confident causes the one whose object was changed shortly before the incident
 * began comes first; beyond that the order of the file decides, so authors put the more specific first. Where something
 * fits as far as it can be seen, and would be believed more if the rest could be seen, nothing is called the root cause: a
 * broad cause must not win only because the probe that tells the narrow one did not answer.
 */
export function rankCauses(runbook: Pick<Runbook, 'causes'>, evidence: readonly Evidence[]): Diagnosis {
  const judged = runbook.causes.map((cause) => ({ ...judge(cause, evidence), changed: changesOf(cause, evidence).length > 0 }));
  const order = { confirmed: 0, possible: 1, rejected: 2 } as const;
  judged.sort((a, b) => order[a.cause.verdict] - order[b.cause.verdict] || b.cause.confidence - a.cause.confidence || Number(b.changed) - Number(a.changed));
  const causes = judged.map(({ cause }) => cause);
  const best = causes[0];
  const certain = best?.verdict === 'confirmed' && best.confidence >= CONFIDENCE_THRESHOLD && !judged.some(({ rivals }) => rivals !== undefined && rivals >= best.confidence);
  const rootCause = certain ? best.id : 'unknown';
  return { causes, rootCause, evidence: [...evidence] };
}

interface Judged {
  cause: RankedCause;
  /** How much a cause that partly fits would be believed if its missing evidence spoke for it. */
  rivals?: number;
}

function judge(cause: CauseSpec, evidence: readonly Evidence[]): Judged {
  const decided = evaluate(cause.when, evidence);
  const supports = read(cause.supports, evidence);
  const contradicts = read(cause.contradicts, evidence);
  const changes = changesOf(cause, evidence);
  const base = BASE_CONFIDENCE[cause.confidence];
  const verdict = ({ true: 'confirmed', unknown: 'possible', false: 'rejected' } as const)[decided.truth];
  const share = { confirmed: 1, possible: UNDECIDED_SHARE, rejected: 0 }[verdict];
  const change = changes.length > 0 ? RECENT_CHANGE : 0;
  const unseen = verdict === 'confirmed' ? decided.missing.length : 0;
  // However much speaks for it, what speaks against it and what could not be looked at always shows.
  const belief = Math.min(SUREST, base + change + SUPPORT * supports.true.length);
  const doubted = belief - CONTRADICTION * contradicts.true.length;
  const confidence = share * Math.max(LEAST, doubted - MISSING_SUPPORT * (supports.missing.length + contradicts.missing.length + unseen));
  const partlyFits = verdict === 'possible' && decided.seen.length > 0;
  const ranked: RankedCause = {
    id: cause.id,
    title: cause.title,
    explanation: cause.explanation,
    confidence: Math.round(confidence * 100) / 100,
    verdict,
    impact: cause.impact,
    supports: verdict === 'rejected' ? [] : [...new Set([...decided.seen, ...supports.true, ...changes])],
    contradicts: verdict === 'rejected' ? decided.seen : contradicts.true,
    missing: [...new Set([...decided.missing, ...supports.missing, ...contradicts.missing])],
    remedies: verdict === 'rejected' ? [] : cause.remedies,
    permanentFix: cause.permanentFix,
    ...(cause.advice && { advice: cause.advice }),
    ...(cause.leadsTo && { leadsTo: cause.leadsTo }),
  };
  return { cause: ranked, ...(partlyFits && { rivals: Math.round(doubted * 100) / 100 }) };
}

/** Which of the objects that a cause blames were changed shortly before the incident began, in the form of what a rule has seen. */
function changesOf({ about = [] }: CauseSpec, evidence: readonly Evidence[]): string[] {
  return evidence.filter(({ use }) => use === RECENT_CHANGES).flatMap(({ probe, fields }) => {
    const changed = fields['changedBefore'];
    return about.filter((role) => Array.isArray(changed) && (changed as string[]).includes(role)).map((role) => `${probe}.changedBefore is ${role}`);
  });
}

function read(conditions: readonly Condition[], evidence: readonly Evidence[]): { true: string[]; missing: string[] } {
  const judged = conditions.map((condition) => evaluate(condition, evidence));
  return {
    true: judged.filter((item) => item.truth === 'true').flatMap((item) => item.seen),
    missing: judged.filter((item) => item.truth === 'unknown').flatMap((item) => item.missing),
  };
}

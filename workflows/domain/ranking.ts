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
/** Below this nothing is called the root cause; a person is asked instead. */
export const CONFIDENCE_THRESHOLD = 0.5;

/**
 * Ranks the causes of a runbook over the evidence: confirmed ones first, then possible ones (deciding evidence is
 * missing), then rejected ones. Causes of equal confidence keep the order of the file, so authors put the more specific first.
 */
export function rankCauses(runbook: Pick<Runbook, 'causes'>, evidence: readonly Evidence[]): Diagnosis {
  const causes = runbook.causes.map((cause) => judge(cause, evidence));
  const order = { confirmed: 0, possible: 1, rejected: 2 } as const;
  causes.sort((a, b) => order[a.verdict] - order[b.verdict] || b.confidence - a.confidence);
  const best = causes[0];
  const rootCause = best && best.verdict === 'confirmed' && best.confidence >= CONFIDENCE_THRESHOLD ? best.id : 'unknown';
  return { causes, rootCause, evidence: [...evidence] };
}

function judge(cause: CauseSpec, evidence: readonly Evidence[]): RankedCause {
  const decided = evaluate(cause.when, evidence);
  const supports = read(cause.supports, evidence);
  const contradicts = read(cause.contradicts, evidence);
  const base = BASE_CONFIDENCE[cause.confidence];
  const verdict = ({ true: 'confirmed', unknown: 'possible', false: 'rejected' } as const)[decided.truth];
  const share = { confirmed: 1, possible: UNDECIDED_SHARE, rejected: 0 }[verdict];
  const confidence = share * clamp(base + SUPPORT * supports.true.length - CONTRADICTION * contradicts.true.length - MISSING_SUPPORT * supports.missing.length);
  return {
    id: cause.id,
    title: cause.title,
    explanation: cause.explanation,
    confidence: Math.round(confidence * 100) / 100,
    verdict,
    impact: cause.impact,
    supports: verdict === 'rejected' ? [] : [...new Set([...decided.seen, ...supports.true])],
    contradicts: verdict === 'rejected' ? decided.seen : contradicts.true,
    missing: [...new Set([...decided.missing, ...supports.missing, ...contradicts.missing])],
    remedies: verdict === 'rejected' ? [] : cause.remedies,
    permanentFix: cause.permanentFix,
    ...(cause.advice && { advice: cause.advice }),
  };
}

function read(conditions: readonly Condition[], evidence: readonly Evidence[]): { true: string[]; missing: string[] } {
  const judged = conditions.map((condition) => evaluate(condition, evidence));
  return {
    true: judged.filter((item) => item.truth === 'true').flatMap((item) => item.seen),
    missing: judged.filter((item) => item.truth === 'unknown').flatMap((item) => item.missing),
  };
}

function clamp(value: number): number {
  return Math.min(0.99, Math.max(0.05, value));
}

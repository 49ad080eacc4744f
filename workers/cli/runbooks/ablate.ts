import type { Condition, Diagnosis, Evidence, Runbook } from '../../../workflows/contracts';
import { rankCauses } from '../../../workflows/domain/ranking';

/** What a diagnosis becomes when one probe that decided it had not answered. */
export interface Ablation {
  cause: string;
  probe: string;
  /** Confidence in the cause with everything seen, and without this probe. */
  before: number;
  after: number;
  /** What would be called the root cause without it. */
  verdict: string;
  /** `wrong`: another cause is called the root cause with confidence; `blind`: nothing shows that something is missing. */
  result: 'unknown' | 'less sure' | 'wrong' | 'blind';
}

/**
 * Takes each probe away that the root cause's `when` asks and that said something for it, one at a time. Empty where no
 * root cause was found.
 */
export function ablate(runbook: Pick<Runbook, 'causes'>, evidence: readonly Evidence[]): Ablation[] {
  const whole = rankCauses(runbook, evidence);
  const root = runbook.causes.find(({ id }) => id === whole.rootCause);
  if (!root) return [];
  const seen = whole.causes.find(({ id }) => id === root.id)?.supports ?? [];
  const deciding = [...new Set(probesOf(root.when))].filter((probe) => seen.some((phrase) => phrase.startsWith(`${probe}.`)));
  return deciding.map((probe) => without(runbook, evidence, whole, probe));
}

function without(runbook: Pick<Runbook, 'causes'>, evidence: readonly Evidence[], whole: Diagnosis, probe: string): Ablation {
  const diagnosis = rankCauses(runbook, evidence.map((item) => (item.probe === probe ? unanswered(item) : item)));
  const confidence = ({ causes }: Diagnosis) => causes.find(({ id }) => id === whole.rootCause)?.confidence ?? 0;
  const [before, after] = [confidence(whole), confidence(diagnosis)];
  const { rootCause } = diagnosis;
  const result = rootCause === 'unknown' ? 'unknown' : rootCause !== whole.rootCause ? 'wrong' : after < before ? 'less sure' : 'blind';
  return { cause: whole.rootCause, probe, before, after, verdict: rootCause, result };
}

function unanswered({ probe, use, at }: Evidence): Evidence {
  const message = 'taken away';
  return { probe, use, status: 'unanswered', at, fields: {}, summary: `${probe} did not answer: ${message}`, error: { type: 'UpstreamUnavailable', message } };
}

function probesOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(probesOf);
  if ('any' in condition) return condition.any.flatMap(probesOf);
  if ('not' in condition) return probesOf(condition.not);
  return [condition.probe];
}

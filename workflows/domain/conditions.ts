import type { Comparison, Condition, Evidence, EvidenceValue, Truth } from '../contracts/evidence';

export interface Judgement {
  truth: Truth;
  /** What was seen, one phrase per comparison that decided: "receiverPods.ready is 1". */
  seen: string[];
  /** Comparisons whose evidence is missing: "agentLog did not answer". */
  missing: string[];
}

/** Judges a condition over evidence. Missing evidence makes it unknown, unless the rest decides alone. */
export function evaluate(condition: Condition, evidence: readonly Evidence[]): Judgement {
  if ('all' in condition) return combine(condition.all, evidence, 'false');
  if ('any' in condition) return combine(condition.any, evidence, 'true');
  if ('not' in condition) {
    const inner = evaluate(condition.not, evidence);
    return { ...inner, truth: NEGATED[inner.truth] };
  }
  return compare(condition, evidence);
}

/** The ids of the probes that a condition asks. */
export function probesOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(probesOf);
  if ('any' in condition) return condition.any.flatMap(probesOf);
  if ('not' in condition) return probesOf(condition.not);
  return [condition.probe];
}

const NEGATED = { true: 'false', false: 'true', unknown: 'unknown' } as const satisfies Record<Truth, Truth>;

/** Kleene logic: one part with the deciding value decides; otherwise an unknown part leaves it open. */
function combine(parts: readonly Condition[], evidence: readonly Evidence[], deciding: 'true' | 'false'): Judgement {
  const judged = parts.map((part) => evaluate(part, evidence));
  const decided = judged.filter((part) => part.truth === deciding);
  const missing = judged.flatMap((part) => part.missing);
  // What holds already holds, but of its other ways to hold some could not be looked at: that is worth knowing.
  if (decided.length > 0) return { truth: deciding, seen: decided.flatMap((part) => part.seen), missing: deciding === 'true' ? [...new Set(missing)] : [] };
  const truth = judged.some((part) => part.truth === 'unknown') ? 'unknown' : NEGATED[deciding];
  return { truth, seen: judged.flatMap((part) => part.seen), missing: [...new Set(missing)] };
}

function compare(comparison: Comparison, evidence: readonly Evidence[]): Judgement {
  const answer = evidence.find((item) => item.probe === comparison.probe);
  if (!answer || answer.status === 'unanswered') return absent(`${comparison.probe} did not answer`);
  const value = answer.fields[comparison.field];
  if (value === undefined) return absent(`${comparison.probe} says nothing about ${comparison.field}`);
  const holds = holdsFor(comparison, value);
  if (holds === undefined) return absent(`${comparison.probe}.${comparison.field} is ${show(value)}, which cannot be compared`);
  return { truth: holds ? 'true' : 'false', seen: [`${comparison.probe}.${comparison.field} is ${show(value)}`], missing: [] };
}

function absent(missing: string): Judgement {
  return { truth: 'unknown', seen: [], missing: [missing] };
}

/** `undefined` where the value is of a kind that this comparison says nothing about (null is "not known" to every number). */
function holdsFor(comparison: Comparison, value: EvidenceValue): boolean | undefined {
  if ('is' in comparison) return value === comparison.is;
  if ('isNot' in comparison) return value !== comparison.isNot;
  if ('includes' in comparison) return contains(value, comparison.includes);
  if ('excludes' in comparison) return negate(contains(value, comparison.excludes));
  if ('isEmpty' in comparison) return isEmpty(value) === comparison.isEmpty;
  if (typeof value !== 'number' || Number.isNaN(value)) return undefined;
  if ('above' in comparison) return value > comparison.above;
  if ('atLeast' in comparison) return value >= comparison.atLeast;
  if ('below' in comparison) return value < comparison.below;
  return value <= comparison.atMost;
}

function contains(value: EvidenceValue, wanted: string | number): boolean | undefined {
  if (Array.isArray(value)) return (value as Array<string | number>).includes(wanted);
  if (typeof value === 'string') return value.includes(String(wanted));
  return undefined;
}

function negate(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

function isEmpty(value: EvidenceValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function show(value: EvidenceValue): string {
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.join(', ');
  // Four figures are enough for a person, and tell a value from its threshold.
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(4)));
  return value === null ? 'not known' : String(value);
}

import safeRegex from 'safe-regex2';
import type { AlertMatcher } from '../../workflows/contracts';
import { patternSource } from '../../workflows/domain/label-match';

/** Longer patterns are programs, not matchers. */
const LONGEST_PATTERN = 200;
/** Label values are cut to this before a pattern sees them. */
const LONGEST_VALUE = 1_000;

/** A label's wanted value: literal, or an anchored regular expression where the file has `/…/`. */
export type ValuePattern = { kind: 'literal'; value: string } | { kind: 'regex'; regex: RegExp };

/** @returns the pattern, or why it cannot be used */
export function parsePattern(value: string): ValuePattern | { fault: string } {
  const source = patternSource(value);
  if (source === undefined) return { kind: 'literal', value };
  if (source.length > LONGEST_PATTERN) return { fault: `the regular expression has ${source.length} characters; at most ${LONGEST_PATTERN} are allowed` };
  try {
    const regex = new RegExp(`^(?:${source})$`);
    if (!safeRegex(regex)) return { fault: 'the regular expression can take exponential time (repetition inside a repetition)' };
    return { kind: 'regex', regex };
  } catch (error) {
    return { fault: `the regular expression does not compile: ${(error as Error).message}` };
  }
}

/** How closely a matcher describes an alert; undefined where it does not match. Literal labels count more than patterns. */
export function matchStrength(matcher: AlertMatcher, labels: Readonly<Record<string, string>>): number | undefined {
  let strength = 0;
  for (const [label, wanted] of Object.entries(matcher)) {
    const pattern = parsePattern(wanted);
    const value = (labels[label] ?? '').slice(0, LONGEST_VALUE);
    if ('fault' in pattern) return undefined;
    if (pattern.kind === 'literal' ? pattern.value !== value : !pattern.regex.test(value)) return undefined;
    strength += pattern.kind === 'literal' ? LITERAL_STRENGTH : PATTERN_STRENGTH;
  }
  return strength;
}

const LITERAL_STRENGTH = 100;
const PATTERN_STRENGTH = 1;

/** "alertname=TargetDown, job=/.*thanos-receive.*\/" */
export function describeMatcher(matcher: AlertMatcher): string {
  return Object.entries(matcher)
    .map(([label, value]) => `${label}=${value}`)
    .join(', ');
}

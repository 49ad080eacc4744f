import type { Alert } from '../contracts/alerts';
import type { AlertMatcher } from '../contracts/runbook';

/** The source of the anchored regular expression that a matcher's value stands for; undefined for a literal value. */
export function patternSource(wanted: string): string | undefined {
  return /^\/(.*)\/$/s.exec(wanted)?.[1];
}

/**
 * Is any of a runbook's matchers about this alert? For a runbook that has been loaded, whose patterns were found to be
 * sound and safe; which runbook describes an alert *best* is decided where all of them are known.
 */
export function claimsAlert(match: readonly AlertMatcher[], { labels }: Pick<Alert, 'labels'>): boolean {
  return match.some((matcher) => Object.entries(matcher).every(([label, wanted]) => matches(wanted, labels[label] ?? '')));
}

function matches(wanted: string, value: string): boolean {
  const source = patternSource(wanted);
  return source === undefined ? wanted === value : new RegExp(`^(?:${source})$`).test(value);
}

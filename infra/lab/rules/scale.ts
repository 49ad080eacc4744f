import { parse, stringify } from 'yaml';

/** How the lab's clock differs from production's. */
export interface Scale {
  /** 1/20 turns five minutes into fifteen seconds. */
  readonly factor: number;
  /** A range must hold several samples whatever the factor: rate() needs two, and scrapes may be late. */
  readonly scrapeIntervalMs: number;
}

const SCRAPES_PER_RANGE = 4;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };
const DURATION = /(?:\d+(?:ms|[smhdwy]))+/;

/** Milliseconds of a Prometheus duration such as `1h30m`. @throws RangeError for anything else */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (!new RegExp(`^${DURATION.source}$`).test(text)) throw new RangeError(`"${text}" is no Prometheus duration (such as 30s, 5m or 1h30m)`);
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** The shortest exact spelling that Prometheus and Alertmanager both read. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds));
  if (whole === 0) return '0s';
  const [seconds, rest] = [Math.floor(whole / 1_000), whole % 1_000];
  return `${seconds > 0 ? `${seconds}s` : ''}${rest > 0 ? `${rest}ms` : ''}`;
}

const scaleDuration = (text: string, factor: number, leastMs = 0): string => formatDuration(Math.max(parseDuration(text) * factor, leastMs));

/**
 * Scales ranges and offsets of a PromQL expression, and its lag thresholds: where an expression reads the clock with
 * `time()`, the number it is compared with is a number of seconds. Every other number is left alone.
 */
export function scaleExpression(expression: string, { factor, scrapeIntervalMs }: Scale): string {
  const leastRange = SCRAPES_PER_RANGE * scrapeIntervalMs;
  const ranged = expression
    .replace(new RegExp(`\\[(${DURATION.source})(?::(${DURATION.source})?)?\\]`, 'g'), (match, range: string, step?: string) => {
      const scaled = scaleDuration(range, factor, leastRange);
      if (!match.includes(':')) return `[${scaled}]`;
      return `[${scaled}:${step ? scaleDuration(step, factor, scrapeIntervalMs) : ''}]`;
    })
    .replace(new RegExp(`\\boffset (-?)(${DURATION.source})`, 'g'), (_match, sign: string, offset: string) => `offset ${sign}${scaleDuration(offset, factor)}`);
  return /\btime\(\)/.test(ranged) ? scaleComparisons(ranged, factor) : ranged;
}

function scaleComparisons(expression: string, factor: number): string {
  return expression.replace(/([<>]=?)(\s*)(\d+(?:\.\d+)?)\b/g, (_match, comparison: string, space: string, seconds: string) => `${comparison}${space}${Number((Number(seconds) * factor).toFixed(3))}`);
}

/**
 * Alerts whose threshold is how long people wait. A query that times out after two minutes elsewhere does so after six
 * seconds in a lab, so what counts as slow is scaled as well; the object store's own pace is not.
 */
const LATENCY_ALERTS: ReadonlySet<string> = new Set(['ThanosQueryInstantLatencyHigh', 'ThanosQueryRangeLatencyHigh', 'ThanosQueryFrontendLatencyHigh']);

interface RuleFile {
  groups: Array<{ name: string; interval?: string; rules: Array<{ alert?: string; expr: string; for?: string; keep_firing_for?: string }> }>;
}

/** Scales a file of rules as text → text. @throws where it is no rule file */
export function scaleRuleFile(content: string, scale: Scale): string {
  const file = parse(content) as Partial<RuleFile>;
  if (!Array.isArray(file.groups)) throw new Error('a rule file must have "groups"');
  for (const group of file.groups) {
    if (group.interval) group.interval = scaleDuration(group.interval, scale.factor, scale.scrapeIntervalMs);
    for (const rule of group.rules) {
      rule.expr = scaleExpression(rule.expr, scale);
      if (LATENCY_ALERTS.has(rule.alert ?? '')) rule.expr = scaleComparisons(rule.expr, scale.factor);
      if (rule.for) rule.for = scaleDuration(rule.for, scale.factor);
      if (rule.keep_firing_for) rule.keep_firing_for = scaleDuration(rule.keep_firing_for, scale.factor);
    }
  }
  return stringify(file, { lineWidth: 0 });
}

/** Alertmanager refuses intervals of zero, and needs time to write a notification down. */
const SHORTEST_INTERVAL_MS = 1_000;

interface Route {
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  routes?: Route[];
}

/** Scales the timings of an Alertmanager configuration and points its webhooks to `webhookUrl`. */
export function scaleAlertmanager(content: string, factor: number, webhookUrl: string): string {
  const config = parse(content) as { route: Route; receivers: Array<{ webhook_configs?: Array<{ url: string }> }> };
  const scaleRoute = (route: Route): void => {
    if (route.group_wait) route.group_wait = scaleDuration(route.group_wait, factor);
    if (route.group_interval) route.group_interval = scaleDuration(route.group_interval, factor, SHORTEST_INTERVAL_MS);
    if (route.repeat_interval) route.repeat_interval = scaleDuration(route.repeat_interval, factor, SHORTEST_INTERVAL_MS);
    route.routes?.forEach(scaleRoute);
  };
  scaleRoute(config.route);
  for (const receiver of config.receivers) for (const webhook of receiver.webhook_configs ?? []) webhook.url = webhookUrl;
  return stringify(config, { lineWidth: 0 });
}

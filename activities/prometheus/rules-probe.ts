import { z } from 'zod';
import { cut } from '../redact';
import type { Probe } from '../probe';
import type { AlertingRule } from './gateway';

const INPUT = z.strictObject({
  alertname: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/).default('Watchdog').describe('Name of the alert that always fires.'),
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).default('cluster').describe('Label that tells clusters apart; an alert without it is everybody’s.'),
});

const LONGEST_ERROR = 200;

/** Does whoever evaluates the rules evaluate the one that always fires, and with what result? */
export const rulesProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'prometheus.rules',
  title: 'The rule that always fires, at the Ruler (or Prometheus) that evaluates it: there, healthy, fresh and firing; and which rules fail',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'neither a Ruler nor a Prometheus is configured' },
    rules: { type: 'number|null', unit: 'count', text: 'alerting rules that it has' },
    exists: { type: 'boolean|null', text: 'it has the rule that always fires' },
    health: { type: 'text|null', text: 'ok, err or unknown, of that rule' },
    firing: { type: 'boolean|null', text: 'that rule fires for this cluster; null when the last evaluation failed' },
    staleSeconds: { type: 'number|null', unit: 'seconds', text: 'since that rule was evaluated last' },
    failing: { type: 'number|null', unit: 'count', text: 'rules whose last evaluation failed' },
    errors: { type: 'list', text: 'what failed evaluations say' },
  },
  rbac: [],
  async ask({ rules, config, clock }, { alertname, label }) {
    if (!rules) return { fields: { notApplicable: true, rules: null, exists: null, health: null, firing: null, staleSeconds: null, failing: null, errors: [] }, summary: 'Neither a Ruler nor a Prometheus is configured for this cluster (endpoints.ruler, endpoints.prometheus).' };
    const all = await rules.alertingRules();
    const watchdogs = all.filter(({ name }) => name === alertname);
    const failing = all.filter(({ health }) => health === 'err');
    const errors = [...new Set(failing.flatMap(({ lastError }) => (lastError ? [cut(lastError, LONGEST_ERROR)] : [])))].slice(0, 5);
    const rule = best(watchdogs, (labels) => labels[label] === undefined || labels[label] === config.name);
    const ours = rule?.firing.some((labels) => labels[label] === undefined || labels[label] === config.name) ?? false;
    const evaluated = watchdogs.map(({ lastEvaluation }) => Date.parse(lastEvaluation ?? '')).filter((time) => !Number.isNaN(time) && time > 0);
    const staleSeconds = evaluated.length > 0 ? Math.max(0, Math.round((clock.now().getTime() - Math.max(...evaluated)) / 1000)) : null;
    const firing = rule ? (rule.health === 'err' ? null : ours) : null;
    return {
      fields: { notApplicable: false, rules: all.length, exists: rule !== undefined, health: rule?.health ?? null, firing, staleSeconds, failing: failing.length, errors },
      summary: summarize(alertname, { rule, firing, staleSeconds, failing: failing.length, total: all.length }),
    };
  },
};

/** Of several rules of that name, one per cluster perhaps, the one that fires for this cluster; else one that fails; else any. */
function best(rules: readonly AlertingRule[], ours: (labels: Record<string, string>) => boolean): AlertingRule | undefined {
  return rules.find(({ firing }) => firing.some(ours)) ?? rules.find(({ health }) => health === 'err') ?? rules[0];
}

function summarize(alertname: string, { rule, firing, staleSeconds, failing, total }: { rule: AlertingRule | undefined; firing: boolean | null; staleSeconds: number | null; failing: number; total: number }): string {
  const others = failing > 0 ? `; ${failing} of ${total} rules fail` : '';
  if (!rule) return `There is no rule ${alertname} among ${total}${others}.`;
  const when = staleSeconds === null ? 'it was never evaluated' : `it was evaluated ${staleSeconds} s ago`;
  if (rule.health === 'err') return `The rule ${alertname} cannot be evaluated: ${cut(rule.lastError ?? 'it does not say why', LONGEST_ERROR)}${others}.`;
  return `The rule ${alertname} ${firing ? 'fires' : 'does not fire'} for this cluster; ${when}${others}.`;
}

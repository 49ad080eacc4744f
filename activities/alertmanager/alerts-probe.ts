import { z } from 'zod';
import type { Probe } from '../probe';

const INPUT = z.strictObject({
  alertnames: z.array(z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)).min(1).describe('Names of the alerts that must have gone.'),
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).nullable().default('cluster').describe('Label that tells clusters apart; null where alerts carry none.'),
});

/** Are an incident's alerts still there, by Alertmanager's own word? */
export const alertsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'alertmanager.alerts',
  title: 'Whether named alerts of the cluster still fire, by Alertmanager’s own word',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no Alertmanager is configured' },
    active: { type: 'number|null', unit: 'count', text: 'alerts that fire, silenced and inhibited ones included' },
    suppressed: { type: 'number|null', unit: 'count', text: 'of these, silenced or inhibited' },
    names: { type: 'list', text: 'their names' },
  },
  rbac: [],
  async ask(access, { alertnames, label }) {
    const { alertmanager } = access;
    if (!alertmanager) return { fields: { notApplicable: true, active: null, suppressed: null, names: [] }, summary: 'No Alertmanager is configured for this cluster.' };
    const filter = [`alertname=~"${alertnames.join('|')}"`, ...(label === null ? [] : [`${label}=${JSON.stringify(access.config.name)}`])];
    const alerts = await alertmanager.activeAlerts(filter);
    const names = [...new Set(alerts.map(({ labels }) => labels['alertname'] ?? '(unnamed)'))];
    return {
      fields: { notApplicable: false, active: alerts.length, suppressed: alerts.filter(({ state }) => state === 'suppressed').length, names },
      summary: alerts.length === 0 ? `None of ${alertnames.join(', ')} fires.` : `${alerts.length} alerts still fire: ${names.join(', ')}.`,
    };
  },
};

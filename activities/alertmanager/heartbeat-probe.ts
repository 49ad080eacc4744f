import { z } from 'zod';
import type { Probe } from '../probe';

const INPUT = z.strictObject({
  alertname: z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/).default('Watchdog').describe('Name of the alert that always fires.'),
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).default('cluster').describe('Label that tells clusters apart; an alert without it is everybody’s.'),
});

/** Has the heartbeat come as far as Alertmanager, and what does that do with it? */
export const alertmanagerHeartbeatProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'alertmanager.heartbeat',
  title: 'The alert that always fires, as Alertmanager has it: whether it is there, silenced, and to whom it goes',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no Alertmanager is configured' },
    present: { type: 'boolean|null', text: 'Alertmanager has the alert' },
    suppressed: { type: 'boolean|null', text: 'it is silenced or inhibited, so that nobody is told; null when it is not there' },
    receivers: { type: 'list', text: 'Alertmanager’s receivers that it is routed to' },
    silences: { type: 'list', text: 'IDs of the silences that hold it back' },
  },
  rbac: [],
  async ask({ alertmanager, config }, { alertname, label }) {
    if (!alertmanager) return { fields: { notApplicable: true, present: null, suppressed: null, receivers: [], silences: [] }, summary: 'No Alertmanager is configured for this cluster.' };
    const all = await alertmanager.activeAlerts([`alertname=${JSON.stringify(alertname)}`]);
    const ours = all.filter(({ labels }) => labels[label] === undefined || labels[label] === config.name);
    const present = ours.length > 0;
    const suppressed = present ? ours.every(({ state }) => state === 'suppressed') : null;
    const receivers = [...new Set(ours.flatMap((alert) => alert.receivers))];
    const silences = [...new Set(ours.flatMap((alert) => alert.silencedBy))];
    return { fields: { notApplicable: false, present, suppressed, receivers, silences }, summary: summarize(alertname, { present, suppressed, receivers, silences }) };
  },
};

function summarize(alertname: string, { present, suppressed, receivers, silences }: { present: boolean; suppressed: boolean | null; receivers: string[]; silences: string[] }): string {
  if (!present) return `Alertmanager has no ${alertname} of this cluster.`;
  if (suppressed) return `Alertmanager has ${alertname} and tells nobody: ${silences.length > 0 ? `it is silenced by ${silences.join(', ')}` : 'another alert inhibits it'}.`;
  return `Alertmanager has ${alertname} and routes it to ${receivers.join(', ') || 'nobody'}.`;
}

import type { Command } from 'commander';
import type { Text } from '../../workflows/contracts';
import { Api, withApiOptions, type ApiOptions } from './api';
import { CommandError, EXIT } from './exit';
import { oneLine, printJson, say } from './terminal';

interface OpenOptions extends ApiOptions {
  practice?: string | true;
  alert?: string;
  cluster?: string;
  severity?: string;
  summary?: string;
  label?: Record<string, string>;
}

interface Opened {
  publicId: string;
  cluster: string;
  failureDomain: string;
  joined: boolean;
}

/** `open`: by hand for what one has noticed oneself, or a practice incident. */
export function registerOpenCommand(program: Command): void {
  withApiOptions(program.command('open'))
    .description('open an incident by hand, or a practice incident')
    .option('--practice [example]', 'break the practice cluster as an example says; without a name, list the examples')
    .option('--alert <name>', 'name of the alert that would tell, e.g. RemoteWriteLagging')
    .option('--cluster <name>', 'the cluster; the only or first one configured by default')
    .option('--severity <severity>', 'critical, warning or info')
    .option('--summary <text>', 'what you saw')
    .option('--label <name=value>', 'another label; may be repeated', collectLabel, {})
    .action(async (options: OpenOptions) => {
      const api = Api.from(options);
      if (options.practice === true) return listExamples(api, options);
      const opened = typeof options.practice === 'string' ? await api.post<Opened>('/api/v1/practice/incidents', { example: options.practice }) : await openByHand(api, options);
      if (options.json) printJson(opened);
      else console.log(`${opened.publicId} ${opened.joined ? 'was open already and has taken it' : 'is open'} (${oneLine(opened.cluster)}, ${opened.failureDomain}). Follow it: npx nightshift watch ${opened.publicId}`);
    });
}

function openByHand(api: Api, { alert, cluster, severity, summary, label }: OpenOptions): Promise<Opened> {
  if (!alert) throw new CommandError('Say what to open: --alert <name>, or --practice for an example.', EXIT.wrongUse);
  return api.post<Opened>('/api/v1/incidents', { alertname: alert, labels: label ?? {}, ...(cluster && { cluster }), ...(severity && { severity }), ...(summary && { summary }) });
}

async function listExamples(api: Api, { json }: OpenOptions): Promise<void> {
  const answer = await api.get<{ examples: Array<{ id: string; runbook: string; title: Text }> }>('/api/v1/practice/examples');
  if (json) return printJson(answer);
  for (const { id, title } of answer.examples) console.log(`npx nightshift open --practice ${oneLine(id)}\n    ${say(title)}`);
}

function collectLabel(text: string, labels: Record<string, string>): Record<string, string> {
  const [name, ...value] = text.split('=');
  if (!name || value.length === 0) throw new CommandError(`--label takes name=value, not ${text}.`, EXIT.wrongUse);
  return { ...labels, [name]: value.join('=') };
}

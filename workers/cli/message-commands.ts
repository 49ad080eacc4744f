import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { DecisionAnswer } from '../../workflows/contracts';
import { duration } from '../config/values';
import { Api, incidentPath, withApiOptions, type ApiOptions } from './api';
import { CommandError, EXIT } from './exit';
import type { ShownIncident } from './incident-commands';
import { confirm, printJson, requireSomebody, say } from './terminal';
import { planView } from './views/plan';

interface DecideOptions extends ApiOptions {
  yes?: boolean;
  plan?: string;
  reason?: string;
  breakGlass?: boolean;
}

/** Commands that tell an incident something. */
export function registerMessageCommands(program: Command): void {
  for (const verdict of ['approve', 'reject'] as const) {
    const command = withApiOptions(program.command(verdict).argument('<id>'))
      .description(verdict === 'approve' ? 'approve the plan that waits, after showing it' : 'reject the plan that waits; the next alternative is planned')
      .option('--yes', 'do not ask')
      .option('--plan <hash>', 'decide only if the plan that waits has this hash (or begins with it)')
      .option('--reason <text>', 'why; goes into the record')
      .action((id: string, options: DecideOptions) => decide(id, verdict, options));
    if (verdict === 'approve') command.option('--break-glass', 'override policy, where it lets you; takes --reason, is recorded and pages everybody');
  }

  message(program, 'note', 'add a note to the timeline', ['<id>', '<text...>'], (text) => ({ path: '/notes', body: { text } }));
  message(program, 'choose-remedy', 'plan another remedy of the runbook; "runbook explain <class>" has their IDs', ['<id>', '<remedy>'], (remedy, reason) => ({ path: '/remedy', body: { remedy, ...reason } }));
  message(program, 'take-over', 'take the incident over: nothing is executed any more', ['<id>'], (_, reason) => ({ path: '/take-over', body: reason }));
  const pause = withApiOptions(program.command('pause').argument('<id>'))
    .description('stop Nightshift for a while: nothing is executed, then it looks again and goes on')
    .requiredOption('--for <duration>', 'for how long: 90s, 20m, 2h', pauseOf)
    .option('--reason <text>', 'why; goes into the record')
    .action(async (id: string, { for: forMs, reason, ...options }: ApiOptions & Reason & { for: number }) => {
      const answer = await Api.from(options).post<{ publicId: string }>(incidentPath(id, '/take-over'), { forMs, ...(reason && { reason }) });
      if (options.json) printJson(answer);
      else console.log(`${answer.publicId}: paused until ${new Date(Date.now() + forMs).toISOString().slice(11, 16)} UTC; end it earlier with: npx nightshift resume ${answer.publicId}`);
    });
  pause.addHelpText('after', '\nTo have it for as long as you need, take it over instead: npx nightshift take-over <id>');
  message(program, 'resume', 'give the incident back to Nightshift', ['<id>'], (_, reason) => ({ path: '/resume', body: reason }));
  message(program, 'cancel', 'cancel the incident; it stays quiet until its alerts resolve', ['<id>'], (_, reason) => ({ path: '/cancel', body: reason }));
  message(program, 'resolve', 'say that what was opened by hand is over', ['<id>'], () => ({ path: '/resolve', body: {} }));
}

/** @throws InvalidArgumentError */
function pauseOf(text: string): number {
  const { success, data } = duration.safeParse(text);
  if (!success) throw new InvalidArgumentError('Expected a duration such as 90s, 20m or 2h.');
  return data;
}

type Reason = { reason?: string };

function message(program: Command, name: string, description: string, args: string[], build: (argument: string, reason: Reason) => { path: string; body: object }): void {
  const command = withApiOptions(program.command(name)).description(description);
  for (const argument of args) command.argument(argument);
  command.option('--reason <text>', 'why; goes into the record').action(async (id: string, ...rest: unknown[]) => {
    const argument = args.length > 1 ? [rest[0]].flat().join(' ') : '';
    const options = rest[args.length - 1] as ApiOptions & Reason;
    const { path, body } = build(argument, options.reason ? { reason: options.reason } : {});
    const answer = await Api.from(options).post<{ publicId: string }>(incidentPath(id, path), body);
    if (options.json) printJson(answer);
    else console.log(`${answer.publicId}: done (${name}).`);
  });
}

/** Shows the plan, asks, and decides on exactly the plan that was shown. */
async function decide(id: string, verdict: 'approve' | 'reject', options: DecideOptions): Promise<void> {
  const api = Api.from(options);
  if (options.breakGlass && !options.reason?.trim()) throw new CommandError('Breaking the glass takes a reason: add --reason "…".', EXIT.wrongUse);
  if (!options.yes) requireSomebody();
  const incident = await answered(api, id);
  const { publicId, plan } = incident;
  if (!plan || incident.waiting?.for !== 'approval') throw new CommandError(`No plan of ${publicId} waits for a decision; it is in phase ${incident.phase}.`, EXIT.refused);
  if (options.plan && !plan.hash.startsWith(options.plan)) throw new CommandError(`The plan that waits has the hash ${plan.hash.slice(0, 12)}…, not ${options.plan}. Look again: npx nightshift show ${publicId}`, EXIT.refused);
  if (!options.json) console.log([`${publicId}  ${say(incident.title)}`, ...planView(plan, say)].join('\n'));
  if (!options.yes && !(await confirm(`${verdict === 'approve' ? 'Approve' : 'Reject'} the plan ${plan.hash.slice(0, 12)}…?`))) throw new CommandError('Nothing was decided.', EXIT.failed);
  const answer = await api.post<DecisionAnswer & { publicId: string }>(incidentPath(publicId, '/decisions'), { verdict, planHash: plan.hash, ...(options.reason && { reason: options.reason }), ...(options.breakGlass && { breakGlass: true }) });
  if (options.json) printJson(answer);
  else console.log(standing(answer));
}

/** A worker that was just restarted is back within seconds. */
const WORKER_BACK_WITHIN_MS = 10_000;

/** The incident as it says itself. @throws CommandError when no worker comes back */
async function answered(api: Api, id: string): Promise<Extract<ShownIncident, { workerAway: false }>> {
  for (const deadline = Date.now() + WORKER_BACK_WITHIN_MS; ; ) {
    const incident = await api.get<ShownIncident>(incidentPath(id));
    if (!incident.workerAway) return incident;
    if (Date.now() > deadline) throw new CommandError(`${incident.detail} A decision needs a worker: start one, then try again.`);
    await delay(500);
  }
}

function standing({ publicId, standing, approvalsMissing, planHash }: DecisionAnswer & { publicId: string }): string {
  const plan = `The plan ${planHash.slice(0, 12)}… of ${publicId}`;
  if (standing === 'approved') return `${plan} is approved and is being carried out. Follow it: npx nightshift watch ${publicId}`;
  if (standing === 'rejected') return `${plan} is rejected; what comes next: npx nightshift watch ${publicId}`;
  return `${plan} needs ${approvalsMissing} more ${approvalsMissing === 1 ? 'person' : 'people'}: they type npx nightshift approve ${publicId}`;
}

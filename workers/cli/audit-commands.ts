import { InvalidArgumentError, type Command } from 'commander';
import type { ConfigOverrides } from '../config';
import { withConfigOptions } from './processes';

export interface AuditOptions extends ConfigOverrides {
  json?: boolean;
}

export interface VerifyOptions extends AuditOptions {
  all?: boolean;
  since?: string;
  anchor?: Anchor;
}

/** A ledger entry that somebody wrote down elsewhere. */
export interface Anchor {
  n: number;
  hash: string;
}

/** `audit`: what was decided, planned and changed, and whether the records still say so. Reads files; asks Temporal where it is there. */
export function registerAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the audit trail: what was decided, planned and changed, and whether records still say so');

  withAudit(audit.command('verify').argument('[id]', 'public ID of a closed incident, a unique part of it, or "latest"'))
    .description('check trail, record, ledger and, where Temporal still has it, the history; exit code 1 when anything was changed')
    .option('--all', 'every incident that the records or the ledger know')
    .option('--since <day>', 'with --all: incidents of this day (UTC) and later, such as 2026-11-23', dayOf)
    .option('--anchor <n:hash>', 'the ledger must hold this entry; "npx nightshift audit head" says it, for keeping elsewhere', anchorOf)
    .action(async (id: string | undefined, options: VerifyOptions) => {
      const { verifyAudit } = require('./audit/verify') as typeof import('./audit/verify.js');
      await verifyAudit(id, options);
    });

  withAudit(audit.command('show').argument('<id>', 'public ID of a closed incident, a unique part of it, or "latest"'))
    .description('the entries of one trail, in order')
    .action(async (id: string, options: AuditOptions) => {
      const { showAudit } = require('./audit/show') as typeof import('./audit/show.js');
      await showAudit(id, options);
    });

  withAudit(audit.command('head'))
    .description('the last entry of the ledger, to be kept elsewhere: whoever holds it notices that the ledger was cut off')
    .action(async (options: AuditOptions) => {
      const { showHead } = require('./audit/show') as typeof import('./audit/show.js');
      await showHead(options);
    });
}

function withAudit(command: Command): Command {
  return withConfigOptions(command).option('--json', 'print JSON for scripts');
}

function dayOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('It must be a day such as 2026-11-23.');
  return text.replaceAll('-', '');
}

function anchorOf(text: string): Anchor {
  const [, n, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (n === undefined || hash === undefined) throw new InvalidArgumentError('It must be a number, a colon and 64 hexadecimal digits, as "npx nightshift audit head" prints them.');
  return { n: Number(n), hash };
}

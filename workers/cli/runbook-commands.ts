import type { Command } from 'commander';
import type { ExplainOptions } from './runbooks/explain';
import type { RunbookOptions } from './runbooks/shelf';

/** Commands for the people who write runbooks; no running Nightshift is needed. */
export function registerRunbookCommands(program: Command): void {
  const runbook = program.command('runbook').description('check, test and explain runbooks');

  common(runbook.command('check').argument('[files...]', 'runbook files; all of the runbooks directory when absent'))
    .description('find what is wrong in runbook files: file:line:column, what, and how to mend it')
    .action(async (files: string[], options: RunbookOptions) => {
      const { checkCommand } = require('./runbooks/check') as typeof import('./runbooks/check.js');
      checkCommand(files, options);
    });

  common(runbook.command('test').argument('[example]', 'id of one example, or of one runbook; all when absent'))
    .description('run the recorded examples: diagnosis, plan, execution and verification on an in-memory cluster')
    .action(async (id: string | undefined, options: RunbookOptions) => {
      const { testCommand } = require('./runbooks/test') as typeof import('./runbooks/test.js');
      await testCommand(id, options);
    });

  common(runbook.command('explain').argument('<class>', 'incident class, e.g. remote-write-failure'))
    .description('one page to pin to the wall: causes, remedies, permanent fixes, alerts, probes, verification')
    .option('--cause <id>', 'one cause only, with all that speaks for and against it')
    .action((id: string, options: ExplainOptions) => {
      const { explainCommand } = require('./runbooks/explain') as typeof import('./runbooks/explain.js');
      explainCommand(id, options);
    });

  common(runbook.command('list'))
    .description('the runbooks there are, or what they can use')
    .option('--probes', 'the registered probes with their inputs and fields')
    .option('--remedies', 'the registered remedies with their inputs and risks')
    .option('--examples', 'the examples, and which of them can be played')
    .action((options: RunbookOptions & { probes?: boolean; remedies?: boolean; examples?: boolean }) => {
      const { listCommand } = require('./runbooks/list') as typeof import('./runbooks/list.js');
      listCommand(options);
    });

  common(runbook.command('schema'))
    .description('JSON Schema of a runbook file, for editors')
    .action(() => {
      const { schemaCommand } = require('./runbooks/schema') as typeof import('./runbooks/schema.js');
      schemaCommand();
    });
}

function common(command: Command): Command {
  return command.option('--runbooks <directory>', 'where the runbooks are, instead of the configured directory').option('--json', 'print JSON for scripts');
}

import type { Command } from 'commander';
import { addKey, readStoredKeys, retireKey, stateOf, useKey } from '../keys';
import { CommandError, EXIT } from './exit';
import { dirOf, local, type LocalOptions } from './local';
import { oneLine, printJson } from './terminal';

/** Keys are files of the data directory, and both sides read them before each use: no process is started anew. */
export function registerKeyCommands(program: Command): void {
  const keys = program.command('keys').description('keys that decisions are signed with: rotate them, retire one that got lost');
  local(keys.command('list')).description('every key and what becomes of its signatures').action(listKeys);

  local(keys.command('rotate'))
    .description('make a new key and sign with it from now on; what the old one signed keeps counting, and open incidents go on')
    .action((options: LocalOptions) => {
      const dir = dirOf(options);
      const { keyId, certificate } = addKey(dir);
      useKey(dir, keyId);
      if (options.json) printJson({ keyId, before: certificate?.by });
      else console.log(`${keyId} signs from now on. When nothing that ${certificate?.by} signed waits any more: npx nightshift keys retire ${certificate?.by} --reason rotated`);
    });

  local(keys.command('add'))
    .description('make a new key that workers trust but that does not sign yet; for workers on other machines, copy its file there first')
    .action((options: LocalOptions) => {
      const dir = dirOf(options);
      const { keyId } = addKey(dir);
      if (options.json) printJson({ keyId });
      else console.log(`${keyId} is prepared. Copy ${dir.keysDir}/${keyId}.json to the same folder of every other worker, then: npx nightshift keys use ${keyId}`);
    });

  local(keys.command('use').argument('<key>'))
    .description('sign with a key that was added before')
    .action((keyId: string, options: LocalOptions) => {
      refusable(() => useKey(dirOf(options), keyId));
      if (options.json) printJson({ keyId });
      else console.log(`${keyId} signs from now on.`);
    });

  local(keys.command('retire').argument('<key>'))
    .description('trust a key no more: nothing that it signed is executed any more, also where it was accepted before')
    .requiredOption('--reason <text>', 'why; it is kept with the key')
    .action((keyId: string, { reason, ...options }: LocalOptions & { reason: string }) => {
      const dir = dirOf(options);
      const { retired } = refusable(() => retireKey(dir, keyId, reason));
      if (options.json) printJson({ keyId, retired });
      else console.log(`${keyId} is retired. Do the same on every other machine with workers: copy ${dir.keysDir}/${keyId}.json there.`);
    });
}

function listKeys(options: LocalOptions): void {
  const dir = dirOf(options);
  const all = readStoredKeys(dir).map((key) => ({ keyId: key.keyId, publicKey: key.publicKey, state: stateOf(dir, key), ...(key.certificate && { certifiedBy: key.certificate.by }), ...(key.retired && { retired: key.retired }) }));
  if (options.json) printJson({ keys: all });
  else for (const { keyId, publicKey, state, retired } of all) console.log(`${keyId}  ${publicKey}  ${state}${retired ? ` since ${retired.at}: ${oneLine(retired.reason)}` : ''}`);
}

function refusable<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw new CommandError((error as Error).message, EXIT.refused);
  }
}

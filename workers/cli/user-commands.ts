import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { ROLES, type Role } from '../../workflows/contracts';
import { writeSecret, type DataDir } from '../data-dir';
import { machineUser, readStoredUsers, type StoredUser } from '../gateway/users';
import { CommandError, EXIT } from './exit';
import { dirOf, local, type LocalOptions } from './local';
import { printJson } from './terminal';

const NAME_PATTERN = /^[A-Za-z0-9][\w.-]{0,62}$/;

/** Local users: they are files of the data directory, so no running Nightshift is needed. */
export function registerUserCommands(program: Command): void {
  const users = program.command('users').description('people who may use this machine\'s Nightshift: two different ones approve what is destructive');
  local(users.command('add').argument('<name>'))
    .description('add a user and print the token, once; this machine keeps it for --as')
    .option('--roles <roles...>', `what the user may do: ${ROLES.join(', ')}`, ['approver'])
    .action((name: string, { roles, ...options }: LocalOptions & { roles: string[] }) => addUser(name, roles, options));
  local(users.command('remove').argument('<name>')).description('remove a user; the token is worthless at once').action(removeUser);
  local(users.command('list')).description('who may use it, and as what').action(listUsers);
}

function addUser(name: string, roles: string[], options: LocalOptions): void {
  if (!NAME_PATTERN.test(name)) throw new CommandError('A user name has letters, digits, dots, dashes and underscores.', EXIT.wrongUse);
  const unknown = roles.find((role) => !(ROLES as readonly string[]).includes(role));
  if (unknown) throw new CommandError(`There is no role ${unknown}; there are ${ROLES.join(', ')}.`, EXIT.wrongUse);
  const dir = dirOf(options);
  const others = readStoredUsers(dir);
  if (name === machineUser() || others.some((user) => user.name === name)) throw new CommandError(`There is a user ${name} already.`, EXIT.refused);
  const token = randomBytes(32).toString('base64url');
  save(dir, [...others, { name, roles: roles as Role[], tokenSha256: createHash('sha256').update(token).digest('hex') }]);
  writeSecret(path.join(dir.tokensDir, name), `${token}\n`);
  if (options.json) printJson({ name, roles, token });
  else console.log(`${name} (${roles.join(', ')}) has the token ${token}\nOn this machine: npx nightshift approve <id> --as ${name}`);
}

function removeUser(name: string, options: LocalOptions): void {
  const dir = dirOf(options);
  const users = readStoredUsers(dir);
  if (!users.some((user) => user.name === name)) throw new CommandError(`There is no local user ${name}.`, EXIT.notFound);
  save(dir, users.filter((user) => user.name !== name));
  rmSync(path.join(dir.tokensDir, path.basename(name)), { force: true });
  if (options.json) printJson({ removed: name });
  else console.log(`${name} is removed.`);
}

function listUsers(options: LocalOptions): void {
  const owner = { name: machineUser(), roles: [...ROLES] };
  const all = [owner, ...readStoredUsers(dirOf(options)).map(({ name, roles }) => ({ name, roles }))];
  if (options.json) printJson({ users: all });
  else for (const { name, roles } of all) console.log(`${name}  ${roles.join(', ')}`);
}

function save(dir: DataDir, users: StoredUser[]): void {
  writeSecret(dir.usersFile, `${JSON.stringify(users, null, 2)}\n`);
}

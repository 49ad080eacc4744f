import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { statementFault } from '../../../workflows/domain/statements';
import { ensureDataDir, readToken } from '../../../workers/data-dir';
import { readVerificationKeys, signingIdentity } from '../../../workers/keys';
import { Signer } from '../../../workers/gateway/signer';
import { machineUser, tokenDigest, UserDirectory } from '../../../workers/gateway/users';
import { isAlive, takeLock } from '../../../workers/supervisor/lock';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-users-'));
const dir = ensureDataDir(folder);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the data directory', () => {
  test('is made once: a second look keeps token and key', () => {
    const token = readToken(dir);
    const keys = readVerificationKeys(dir);
    ensureDataDir(folder);
    expect(readToken(dir)).toBe(token);
    expect(readVerificationKeys(dir)).toEqual(keys);
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  test('keeps secrets for its owner', () => {
    for (const file of [dir.tokenFile, dir.signingKeyFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('who is asking', () => {
  const users = new UserDirectory(dir, [{ name: 'minji', roles: ['approver'], token: 'configured' }]);

  test('the machine\'s token is its owner\'s, with every role', () => {
    expect(users.identify(readToken(dir))).toEqual({ name: machineUser(), roles: ['viewer', 'responder', 'approver', 'admin'] });
  });

  test('a configured user by the configured token; nobody by another', () => {
    expect(users.identify('configured')).toEqual({ name: 'minji', roles: ['approver'] });
    for (const token of ['', 'Configured', 'configured ', `${readToken(dir)}x`]) expect(users.identify(token)).toBeUndefined();
  });

  test('a local user from the moment of being added to the moment of being removed', () => {
    const entry = { name: 'lee', roles: ['viewer'], tokenSha256: tokenDigest('local').toString('hex') };
    expect(users.identify('local')).toBeUndefined();
    writeFileSync(dir.usersFile, JSON.stringify([entry]));
    expect(users.identify('local')).toEqual({ name: 'lee', roles: ['viewer'] });
    rmSync(dir.usersFile);
    expect(users.identify('local')).toBeUndefined();
  });
});

describe('a statement that the gateway signs', () => {
  const request = { message: 'decide', workflowId: 'incident/c/receive', firstRunId: 'run', actor: { name: 'minji', roles: ['approver' as const] }, channel: 'cli', body: { verdict: 'approve' } } as const;
  const signed = new Signer(() => signingIdentity(dir), 'default').sign({ ...request, actor: { name: 'minji', roles: ['approver'] } });
  const addressee = { message: 'decide', temporalNamespace: 'default', workflowId: 'incident/c/receive', firstRunId: 'run', now: new Date().toISOString() } as const;

  test('counts for the worker that has the public key', () => {
    expect(statementFault(signed, addressee, readVerificationKeys(dir))).toBeUndefined();
  });

  test.each([
    ['changed afterwards', { ...signed, statement: { ...signed.statement, actor: 'lee' } }, addressee, 'the signature does not match the statement'],
    ['for another incident', signed, { ...addressee, firstRunId: 'other' }, 'it is addressed to another firstRunId (run)'],
    ['too late', signed, { ...addressee, now: '2099-01-01T00:00:00Z' }, /^it expired at/],
  ])('does not when %s', (_, statement, to, fault) => {
    expect(statementFault(statement, to, readVerificationKeys(dir))).toMatch(fault);
  });
});

describe('the lock of a data directory', () => {
  const file = path.join(folder, 'lock');

  test('is held by one process, and given back', () => {
    const unlock = takeLock(file);
    expect(() => takeLock(file)).toThrow(`already running on this data directory (process ${process.pid})`);
    unlock();
    takeLock(file)();
  });

  test('of a process that is gone is taken over', () => {
    // No process has this number: it is above the kernel's limit.
    writeFileSync(file, '99999999');
    expect(isAlive(99_999_999)).toBe(false);
    takeLock(file)();
  });
});

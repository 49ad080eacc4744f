import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import { Ledger } from '../../../workers/audit/ledger';
import { readLedger, type LedgerEntry } from '../../../workers/audit/ledger-entry';
import { hashOf } from '../../../workflows/domain/plan-hash';
import { closedIncident, GatewayKey } from '../../support/audited-incident';

const FACT = { kind: 'closed', publicId: '20260302-00000000', workflowId: 'incident/c/receive', runId: 'r', closedAt: '2026-03-02T00:00:00.000Z', ended: 'completed', entries: 3, head: 'a'.repeat(64) } as const;
const problems = (text: string, keys: Parameters<typeof readLedger>[1]) => readLedger(text, keys).faults.map(({ where, problem }) => `${where}: ${problem}`);

async function begun() {
  const { ledgerFile, ledgerText, gateway } = await closedIncident();
  const open = () => new Ledger(ledgerFile, () => ({ keyId: gateway.key.keyId, privateKey: gateway.privateKey }));
  return { ledgerFile, ledgerText, gateway, open, read: () => readFileSync(ledgerFile, 'utf8') };
}

test('goes on where it was, for its owner only, also when many write at once', async () => {
  const { open, read, gateway, ledgerFile } = await begun();
  const ledger = open();
  await Promise.all(Array.from({ length: 20 }, () => ledger.append(FACT)));
  const { entries, faults } = readLedger(read(), [gateway.key]);
  expect({ count: entries.length, faults }).toEqual({ count: 23, faults: [] });
  expect(statSync(ledgerFile).mode & 0o777).toBe(0o600);
});

test('a line that a crash cut off goes; what was answered for stays', async () => {
  const { open, read, gateway, ledgerFile } = await begun();
  appendFileSync(ledgerFile, '{"at":"2026-');
  expect((await open().append(FACT)).n).toBe(3);
  expect(problems(read(), [gateway.key])).toEqual([]);
});

test('a ledger that cannot be written says so, and goes on when it can', async () => {
  const { open, read, gateway, ledgerFile } = await begun();
  let works = false;
  const failing = new Ledger(ledgerFile, () => {
    if (!works) throw new Error('no key');
    return { keyId: gateway.key.keyId, privateKey: gateway.privateKey };
  });
  await expect(failing.append(FACT)).rejects.toThrow('no key');
  works = true;
  expect((await failing.append(FACT)).n).toBe(3);
  await open().append(FACT);
  expect((await failing.append(FACT)).n).toBe(5);
  expect(problems(read(), [gateway.key])).toEqual([]);
  chmodSync(ledgerFile, 0o600);
});

test('what was changed, cut out or signed by a stranger is found', async () => {
  const { ledgerText, gateway } = await begun();
  const lines = ledgerText.trimEnd().split('\n');
  const text = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
  const changed = { ...(JSON.parse(lines[1]!) as LedgerEntry), actor: 'lee' };
  expect(problems(text(lines.with(1, canonicalize(changed)!)), [gateway.key])).toEqual(expect.arrayContaining([expect.stringContaining('entry 1: it was changed'), 'ledger.jsonl, entry 1: the signature does not match what it says']));
  expect(problems(text(lines.toSpliced(1, 1)), [gateway.key])).toContainEqual('ledger.jsonl, entry 1: it is missing');
  expect(problems(ledgerText, [new GatewayKey().key])).toContainEqual(expect.stringMatching(/entry 0: it is signed with the key \w+, which is not one of/));
  expect(problems(ledgerText, [{ ...gateway.key, publicKey: 'no key' }])).toContainEqual(expect.stringContaining('the signature does not match'));
  expect(problems(ledgerText, [{ ...gateway.key, retiredAt: '2026-03-01T02:59:59.500Z' }])).toEqual([expect.stringMatching(/entry 1: .*after that was retired/), expect.stringMatching(/entry 2: .*after that was retired/)]);
});

test('whoever can write the file, but has no key, cannot make another ledger', async () => {
  const { ledgerText, gateway, ledgerFile } = await begun();
  const stranger = new GatewayKey();
  let previous = '0'.repeat(64);
  const forged = ledgerText.trimEnd().split('\n').map((line) => {
    const entry = { ...(JSON.parse(line) as LedgerEntry), previous };
    previous = hashOf(entry);
    return canonicalize(entry)!;
  });
  writeFileSync(ledgerFile, `${forged[0]}\n`);
  await new Ledger(ledgerFile, () => ({ keyId: gateway.key.keyId, privateKey: stranger.privateKey })).append(FACT);
  expect(problems(readFileSync(ledgerFile, 'utf8'), [gateway.key])).toContainEqual('ledger.jsonl, entry 1: the signature does not match what it says');
});

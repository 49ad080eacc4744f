import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { command } from '../../support/command';
import { closedIncident, PUBLIC_ID } from '../../support/audited-incident';
import { temporaryFolder } from '../../support/temporary-folder';

/** A data directory with one closed incident, and no Nightshift that runs. */
async function dataDir() {
  const { audit, record, ledgerFile, gateway } = await closedIncident();
  const root = temporaryFolder('audit');
  const folder = path.join(root, 'records', '2026', '03', PUBLIC_ID);
  for (const made of [folder, path.join(root, 'keys')]) mkdirSync(made, { recursive: true });
  writeFileSync(path.join(folder, 'audit.jsonl'), audit);
  writeFileSync(path.join(folder, 'record.json'), record);
  writeFileSync(path.join(root, 'keys', `${gateway.key.keyId}.json`), JSON.stringify(gateway.key));
  cpSync(ledgerFile, path.join(root, 'ledger.jsonl'));
  const cli = (...args: string[]) => command(['audit', ...args], { NIGHTSHIFT_DATA_DIR: root });
  return { root, folder, cli };
}

test('verify: whole, changed, gone; the exit code says which', async () => {
  const { folder, cli } = await dataDir();
  const whole = await cli('verify', 'latest');
  expect({ code: whole.code, stdout: whole.stdout.trim().split('\n') }).toEqual({ code: 0, stdout: ['✓ ledger.jsonl: 3 entries, chained and signed', `✓ ${PUBLIC_ID}: 9 entries; Temporal's history was not asked: no address is known`] });

  const file = path.join(folder, 'audit.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"actor":"kim"', '"actor":"lee"'));
  const changed = await cli('verify', PUBLIC_ID);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toMatch(/✗ .*\n +audit.jsonl, entry 4: it was changed after it was written/);
  expect(changed.stderr).toMatch(/1 thing is not as Nightshift wrote it/);

  rmSync(folder, { recursive: true });
  const gone = await cli('verify', '--all', '--json');
  expect({ code: gone.code, json: JSON.parse(gone.stdout) as unknown }).toMatchObject({ code: 1, json: { whole: false, incidents: [{ publicId: PUBLIC_ID, faults: [{ where: 'record.json' }] }] } });
  expect((await cli('verify', '--all', '--since', '2026-03-02')).code).toBe(0);
}, 60_000);

test('head: kept elsewhere, it tells of a ledger that was cut off or replaced', async () => {
  const { root, cli } = await dataDir();
  const head = (await cli('head')).stdout.trim();
  expect(head).toMatch(/^2:[0-9a-f]{64}$/);
  expect((await cli('verify', '--all', '--anchor', head)).code).toBe(0);
  expect((await cli('verify', '--all', '--anchor', `2:${'0'.repeat(64)}`)).stdout).toContain('the ledger was replaced');
  const file = path.join(root, 'ledger.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 2).concat('').join('\n'));
  const cut = await cli('verify', '--all', '--anchor', head);
  expect({ code: cut.code, stdout: cut.stdout }).toEqual({ code: 1, stdout: expect.stringContaining('entry 2, which was kept elsewhere, is missing') });
}, 60_000);

test('show lists the entries; wrong use and what is not there have their exit codes', async () => {
  const { cli } = await dataDir();
  expect((await cli('show', 'latest')).stdout.trim().split('\n')).toHaveLength(9);
  expect((await cli('verify')).code).toBe(2);
  expect((await cli('verify', PUBLIC_ID, '--all')).code).toBe(2);
  expect((await cli('verify', '20200101-00000000')).code).toBe(3);
  expect((await cli('verify', '--all', '--anchor', 'x')).code).toBe(2);
}, 60_000);

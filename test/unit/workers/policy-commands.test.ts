import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { registerPolicyCommands } from '../../../workers/cli/policy-commands';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-policy-cli-'));
const file = path.join(folder, 'nightshift.yaml');
const before = process.env['NIGHTSHIFT_CONFIG'];
beforeAll(() => {
  process.env['NIGHTSHIFT_CONFIG'] = file;
  const policy = { rules: [{ name: 'freeze', when: { freeze: { from: '2026-12-20', until: '2027-01-04', timeZone: 'Asia/Seoul' } }, then: 'never', breakGlass: { people: ['minji'] } }] };
  writeFileSync(file, JSON.stringify({ policy, clusters: [{ name: 'c', kubeconfig: 'k', mode: 'act' }] }));
});
afterAll(() => {
  if (before === undefined) delete process.env['NIGHTSHIFT_CONFIG'];
  else process.env['NIGHTSHIFT_CONFIG'] = before;
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((text: string) => void lines.push(text));
  try {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    registerPolicyCommands(program);
    for (const command of program.commands.flatMap(({ commands }) => commands)) command.exitOverride();
    await program.parseAsync(['node', 'nightshift', 'policy', ...args]);
  } finally {
    log.mockRestore();
  }
  return lines.join('\n');
}

test('check shows what would happen at a time, classes that go the same way together', async () => {
  const open = await run('check', '--at', '2026-12-19T14:59:00Z');
  expect(open).toMatch(/every class/);
  expect(open).toMatch(/automatic/);
  expect(open).toMatch(/\[default for\s+│?\s*.*destructive\]/s);
  const frozen = await run('check', '--at', '2026-12-20T00:00+09:00');
  expect(frozen).toContain('[freeze]');
  expect(frozen).not.toContain('automatic');
});

test('check --json has every class and risk, with the floor for what is destructive', async () => {
  const { rows } = JSON.parse(await run('check', '--json', '--at', '2026-12-24T00:00Z')) as { rows: Array<{ class: string; rulings: Record<string, unknown> }> };
  expect(rows).toHaveLength(10);
  expect(rows[0]?.rulings['disruptive']).toMatchObject({ rule: 'freeze', requirement: { kind: 'never', breakGlass: { approvers: 1 } } });
  expect(rows[0]?.rulings['destructive']).toMatchObject({ requirement: { breakGlass: { approvers: 2 } } });
});

test('explain says of an example which rule decides, why, and which were passed by', async () => {
  const example = /- id: (\S+)\n {4}title/.exec(readFileSync(path.resolve(__dirname, '../../../runbooks/remote-write-failure.yaml'), 'utf8').split('examples:')[1] ?? '')?.[1] ?? '';
  const frozen = JSON.parse(await run('explain', example, '--json', '--at', '2026-12-24T00:00Z')) as object;
  expect(frozen).toMatchObject({ example, cluster: 'c', rule: 'freeze', because: { en: expect.stringContaining('is within the freeze') }, passedOver: [] });
  const open = await run('explain', example, '--at', '2026-06-01T00:00Z');
  expect(open).toMatch(/Rule +“default for/);
  expect(open).toMatch(/Passed by +– “freeze”: it is mon 2026-06-01 09:00 \(Asia\/Seoul\)/);
});

test('a time that is none is refused', async () => {
  await expect(run('check', '--at', 'noon')).rejects.toThrow(/must be a time/);
});

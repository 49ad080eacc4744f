import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { CommandError } from '../../../workers/cli/exit';
import { registerRunbookCommands } from '../../../workers/cli/runbook-commands';
import { SAMPLE, broken } from './sample-runbook';

const SHIPPED = path.join(__dirname, '../../../runbooks');
let directory: string;
let printed: string[];

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'nightshift-commands-'));
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)));
  process.exitCode = undefined;
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
  process.exitCode = undefined;
});

async function run(...given: string[]): Promise<{ text: string; exitCode: number }> {
  const program = new Command().exitOverride();
  registerRunbookCommands(program);
  await program.parseAsync(['runbook', ...given], { from: 'user' });
  return { text: printed.join('\n'), exitCode: Number(process.exitCode ?? 0) };
}

const file = (content: string) => {
  const name = path.join(directory, 'remote-write-failure.yaml');
  writeFileSync(name, content);
  return name;
};

describe('nightshift runbook', () => {
  it('check says ok, or prints problems and ends with 1', async () => {
    expect(await run('check', file(SAMPLE))).toEqual({ text: `${directory}/remote-write-failure.yaml: ok`, exitCode: 0 });
    printed = [];
    const { text, exitCode } = await run('check', file(broken('impact: outage', 'impact: huge')));
    expect(text).toBe(`${directory}/remote-write-failure.yaml:17:13: \`causes[0].impact\` is the text "huge"; expected one of outage, degraded or none; use one of them`);
    expect(exitCode).toBe(1);
  });

  it('check --json is for scripts', async () => {
    file(broken('impact: outage', 'impact: huge'));
    const { text, exitCode } = await run('check', '--json', '--runbooks', directory);
    expect(JSON.parse(text)).toMatchObject({ ok: false, problems: [{ line: 17, column: 13, expected: 'one of outage, degraded or none' }] });
    expect(exitCode).toBe(1);
  });

  it('check of a file that is not there ends with 3', async () => {
    await expect(run('check', `${directory}/none.yaml`)).rejects.toMatchObject({ exitCode: 3 });
  });

  it('check does not print what could steer a terminal', async () => {
    const { text } = await run('check', file(broken('impact: outage', 'impact: "\u001b[31mred"')));
    expect(text).not.toContain('\u001b');
  });

  it('test prints a table and how many turned out as they expect', async () => {
    const { text, exitCode } = await run('test', 'receiver-service-deleted', '--runbooks', SHIPPED);
    expect(text).toContain('create Service/thanos-receive-lb');
    expect(text).toContain('1 of 1 examples turn out as they expect.');
    expect(exitCode).toBe(0);
  });

  it('test says what differs, and ends with 1', async () => {
    file(broken('expect: { cause: broken,', 'expect: { cause: unknown,').replace('examples:\n', 'examples:\n  - id: two\n    title: { en: Two, ko: 둘 }\n    alert: { alertname: RemoteWriteLagging }\n    evidence: { pods: { broken: 1 } }\n    expect: { cause: broken, remedies: [evict] }\n'));
    const { text, exitCode } = await run('test', 'one', '--json', '--runbooks', directory);
    expect(JSON.parse(text)).toMatchObject({ ok: false, examples: [{ example: 'one', faults: ['cause: expected "unknown", found "broken"'] }] });
    expect(exitCode).toBe(1);
  });

  it('test of an example that is not there names those that are', async () => {
    const error: unknown = await run('test', 'none', '--runbooks', SHIPPED).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining('two-receivers-bad-file') as string });
  });

  it('explain is a page with everything on it', async () => {
    const { text } = await run('explain', 'remote-write-failure', '--runbooks', SHIPPED);
    for (const words of ['alertname=RemoteWriteLagging', 'receivers-own-files-broken', 'at least disruptive', 'kubectl rollout restart', 'delivery.deliveredRatio > 0.99', 'thanos-receive-resilience.yaml', 'then: the incident goes on as high-memory', 'do: Evict the broken receivers only [evict-broken-receivers]', 'receiverPods [receiver]: ', 'agentPods [agent]: ', 'The post-recovery checklist that all runbooks share: ']) expect(text).toContain(words);
    expect(text).not.toMatch(/^• (after|range)-/m);
    expect(text.indexOf('receivers-own-files-broken')).toBeLessThan(text.indexOf('alertname='));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('explain --cause is a screen about one cause: what speaks for and against it, its remedies and permanent fixes', async () => {
    const { text } = await run('explain', 'remote-write-failure', '--cause', 'receivers-own-files-broken', '--runbooks', SHIPPED);
    for (const words of ['for: receiverLogs.matched includes hashringFileInvalid', 'against: receiverPods.oomKilled is true', 'evict-broken-receivers; kubernetes.evictPods', 'thanos-receive-resilience.yaml']) expect(text).toContain(words);
    expect(text.split('\n').length).toBeLessThanOrEqual(60);
    expect(text).not.toContain('receiver-service-missing');
  });

  it('explain --cause --json has that cause only; one that is not there ends with 3 and names those that are', async () => {
    const { text } = await run('explain', 'remote-write-failure', '--cause', 'receivers-own-files-broken', '--json', '--runbooks', SHIPPED);
    expect((JSON.parse(text) as { causes: Array<{ id: string }> }).causes.map(({ id }) => id)).toEqual(['receivers-own-files-broken']);
    await expect(run('explain', 'remote-write-failure', '--cause', 'none', '--runbooks', SHIPPED)).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining('receivers-own-files-broken') as string });
  });

  it('explain speaks Korean', async () => {
    process.env['NIGHTSHIFT_LOCALE'] = 'ko';
    try {
      expect((await run('explain', 'remote-write-failure', '--runbooks', SHIPPED)).text).toContain('근본 원인과 판단 기준');
    } finally {
      delete process.env['NIGHTSHIFT_LOCALE'];
    }
  });

  it.each([
    [['--probes'], 'kubernetes.pods'],
    [['--remedies'], 'kubernetes.evictPods'],
    [['--examples'], 'two-receivers-bad-file'],
    [[], 'remote-write-failure'],
  ])('list %j', async (flags, words) => {
    expect((await run('list', ...flags, '--runbooks', SHIPPED)).text).toContain(words);
    printed = [];
    const { text } = await run('list', ...flags, '--json', '--runbooks', SHIPPED);
    expect(JSON.stringify(JSON.parse(text))).toContain(words);
  });

  it('schema is JSON', async () => expect(JSON.parse((await run('schema')).text)).toMatchObject({ title: 'Nightshift runbook' }));
});

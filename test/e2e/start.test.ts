import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isAlive, nightshift, NightshiftProcess, until } from '../support/nightshift-process';

describe('nightshift start', () => {
  let running: NightshiftProcess;

  beforeAll(async () => {
    running = await NightshiftProcess.create();
    await running.start();
  }, 600_000);
  afterAll(() => running.remove());

  const isReady = async () => (await fetch(`${running.url}/readyz`).catch(() => undefined))?.status === 200;

  test('says where it listens, in one line that scripts can wait for, and what to type next', () => {
    const lines = running.stdout.split('\n').filter((line) => line.startsWith('Nightshift is ready'));
    expect(lines).toEqual([`Nightshift is ready: ${running.url}`]);
    expect(running.stdout).toContain(`${running.url}/webhooks/alertmanager`);
    expect(running.stdout).toContain('npx nightshift open --practice');
  });

  test('keeps its secrets for its owner only', () => {
    for (const name of ['token', 'signing-key.pem']) expect(statSync(path.join(running.dataDir, name)).mode & 0o777).toBe(0o600);
    expect(statSync(running.dataDir).mode & 0o777).toBe(0o700);
    for (const log of ['worker.log', 'gateway.log', 'temporal.log']) expect(readFileSync(path.join(running.dataDir, 'logs', log), 'utf8')).not.toContain(running.token());
  });

  test('is alive, ready and described', async () => {
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    expect(await isReady()).toBe(true);
    const { paths } = (await (await fetch(`${running.url}/openapi.json`)).json()) as { paths: Record<string, unknown> };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/webhooks/alertmanager', '/api/v1/incidents', '/api/v1/incidents/{id}', '/api/v1/incidents/{id}/decisions']));
  });

  test('the page that a browser gets needs the token, and says that nothing is open', async () => {
    expect((await fetch(running.url)).status).toBe(401);
    const page = await fetch(running.url, { headers: { authorization: `Basic ${Buffer.from(`x:${running.token()}`).toString('base64')}` } });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('Sleep well');
  });

  test.each(['worker', 'gateway', 'temporal'] as const)('a killed %s is started again', async (part) => {
    const killed = running.kill(part);
    await until(`a new ${part}`, () => running.children().some((child) => child.part === part && child.pid !== killed));
    await until('ready again', isReady);
    await until('it says so', () => running.stdout.toLowerCase().includes(`${part} is back`));
  }, 600_000);

  test('a second start on the same data directory is refused in one sentence', async () => {
    const { code, stderr } = await nightshift(['start'], { ...running.environment, NIGHTSHIFT_PORT: '1' });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/already running on this data directory \(process \d+\)/)]);
  });

  test('Ctrl-C ends every process, and the next start has the same token and the same Temporal port', async () => {
    const before = { pids: running.children().map(({ pid }) => pid), token: running.token(), temporal: /Temporal (\S+)/.exec(running.stdout)?.[1] };
    expect(before.pids).toHaveLength(3);
    expect(await running.stop('SIGINT')).toBe(0);
    expect(before.pids.filter(isAlive)).toEqual([]);
    await running.start();
    expect(running.token()).toBe(before.token);
    expect(/Temporal (\S+)/.exec(running.stdout)?.[1]).toBe(before.temporal);
  }, 600_000);

  test('when it is killed itself, nothing is left running, and the next start works', async () => {
    const pids = running.children().map(({ pid }) => pid);
    await running.stop('SIGKILL');
    await until('every child is gone', () => !pids.some(isAlive));
    await running.start();
  }, 600_000);
});

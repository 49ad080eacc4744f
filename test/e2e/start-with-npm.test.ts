import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, NightshiftProcess, until } from '../support/nightshift-process';

describe('npm start', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('%s to npm alone ends everything', async (signal) => {
    const running = await NightshiftProcess.create();
    await running.start(['npm', 'start', '--silent']);
    const pids = [running.pid, ...running.descendants()];
    expect(pids.length).toBeGreaterThanOrEqual(5);
    await running.stop(signal);
    await until('everything has ended', () => !pids.some(isAlive));
    await running.remove();
  }, 600_000);

  test('the end of the shell in which it was typed ends nothing', async () => {
    const running = await NightshiftProcess.create();
    await running.start(['sh', '-c', 'npm start --silent & wait']);
    const pids = running.descendants();
    await running.stop('SIGKILL');
    await delay(2_000);
    expect(pids.filter((pid) => !isAlive(pid))).toEqual([]);
    expect(running.stdout).not.toContain('stopping');
    process.kill(Number(pids[0]), 'SIGTERM');
    await until('everything has ended', () => !pids.some(isAlive));
    await running.remove();
  }, 600_000);
});

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
});

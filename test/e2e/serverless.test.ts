/** A whole incident with no worker running when its alert arrives, three of its invocations cut off. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../infra/project';

test('the worker is called by Temporal, is killed three times, and nothing is left when the incident is over', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(projectRoot(), 'infra', 'serverless', 'run.mjs'), '--rounds', '1', '--incidents', '1'], { encoding: 'utf8', timeout: 400_000 });
  process.stderr.write(`${stderr}${stdout}`);
  expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('1 of 1 incidents recovered') });
  expect(stdout).toMatch(/Idle: 0 invocations a day .* 0 processes left/);
  expect(stderr).toMatch(/3 cut off/);
});

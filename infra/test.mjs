// Runs the tests, suite by suite, and ends with "N passed, N failed" over all of them.
//   npm test                 everything that needs neither root nor the lab (at most 5 minutes)
//   npm run test:lab         the end-to-end tests on the lab; builds what it needs first
//   npm test -- <pattern>    one Jest run of what matches, with Jest's own options
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** End-to-end tests of `npm start` on this machine: processes and a real Temporal, but no lab. */
const LOCAL_E2E = /^test\/e2e\/(start|practice)[^/]*\.test\.ts$/;

/** Folders below test/ in the order in which a failure is cheapest to understand; folders that come later are found. */
const ORDER = ['unit', 'property', 'activities', 'workflow', 'replay', 'bench'];

function testFiles() {
  return readdirSync(path.join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'))
    .sort();
}

/** @returns [suite name, files] in order */
function suites(lab) {
  const files = testFiles();
  const e2e = files.filter((file) => file.startsWith('test/e2e/'));
  if (lab) return [['lab', e2e.filter((file) => !LOCAL_E2E.test(file))]];
  const folders = new Set([...ORDER, ...files.map((file) => file.split('/')[1])]);
  folders.delete('e2e');
  const byFolder = [...folders].map((folder) => [folder, files.filter((file) => file.startsWith(`test/${folder}/`))]);
  return [...byFolder, ['start', e2e.filter((file) => LOCAL_E2E.test(file))]].filter(([, found]) => found.length > 0);
}

function jest(args) {
  return spawnSync(process.execPath, [require.resolve('jest/bin/jest'), ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Runs one suite and counts; a file that could not even be run counts as one failed test. */
function runSuite(name, files, lab) {
  const report = path.join(mkdtempSync(path.join(os.tmpdir(), 'nightshift-test-')), 'report.json');
  const started = Date.now();
  const { status } = jest(['--json', `--outputFile=${report}`, ...(lab ? ['--runInBand', '--testTimeout=600000'] : []), '--runTestsByPath', ...files]);
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numRuntimeErrorTestSuites: 1 };
  rmSync(path.dirname(report), { recursive: true, force: true });
  const skipped = result.numPendingTests + result.numTodoTests;
  let failed = result.numFailedTests + result.numRuntimeErrorTestSuites + (process.env.CI ? skipped : 0);
  if (status !== 0 && failed === 0) failed = 1;
  return { name, passed: result.numPassedTests, failed, skipped, minutes: (Date.now() - started) / 60_000 };
}

/** Programs that tests start, fetched before the clock of a suite runs. */
async function prepare(lab) {
  await ensureBuilt();
  const { ensureProgram } = require(path.join(root, 'dist', 'infra', 'embedded', 'programs.js'));
  const { TEMPORAL, TEST_SERVER } = require(path.join(root, 'dist', 'infra', 'embedded', 'pinned.js'));
  for (const program of [TEMPORAL, TEST_SERVER]) await ensureProgram(program, console.error);
  if (!lab) return;
  const fromLab = (name) => require(path.join(root, 'dist', 'infra', 'lab', name));
  await fromLab('packages.js').ensurePackages(console.error);
  await fromLab('build.js').ensureTools(console.error);
}

const args = process.argv.slice(2);
const lab = args.includes('--lab');
const patterns = args.filter((argument) => argument !== '--lab');
try {
  await prepare(lab);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.log('0 passed, 1 failed');
  process.exit(1);
}
if (patterns.length > 0) process.exit(jest(patterns).status ?? 1);

const results = suites(lab).map(([name, files]) => runSuite(name, files, lab));
console.log('\nsuite        minutes  passed  failed  skipped');
for (const { name, minutes, passed, failed, skipped } of results) {
  console.log(`${name.padEnd(12)} ${minutes.toFixed(1).padStart(7)} ${String(passed).padStart(7)} ${String(failed).padStart(7)} ${String(skipped).padStart(8)}`);
}
const total = (field) => results.reduce((sum, result) => sum + result[field], 0);
// No tests are no success.
const failed = total('failed') + (total('passed') === 0 ? 1 : 0);
console.log(`total        ${total('minutes').toFixed(1).padStart(7)}${process.env.CI && total('skipped') > 0 ? '   (with CI set, a skipped test is a failed one)' : ''}`);
console.log(`${total('passed')} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

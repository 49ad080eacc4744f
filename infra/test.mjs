// Runs the tests and ends with "N passed, N failed" over all of them.
//   npm test                 what every change is tried with; needs neither root nor the lab (3 minutes on two quiet cores; the goal is 5)
//   npm run test:lab         the other end-to-end tests, most of them on the lab; builds what it needs first
//   npm test -- <pattern>    one Jest run of what matches, with Jest's own options
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** The end-to-end tests that belong to every change: `npm start`, and the main job on the practice cluster. Whatever else takes minutes runs with the lab's. */
const QUICK_E2E = /^test\/e2e\/(start|start-with-npm|start-refused|practice)\.test\.ts$/;

/** The lab's tests run on its core: the parts of the query path, Grafana and the operator are for drills. */
const LAB_PARTS = [];

/** Suites in the order in which a failure is cheapest to understand; folders that come later are found. */
const ORDER = ['unit', 'property', 'activities', 'workflow', 'replay', 'bench'];
const rank = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

function testFiles() {
  return readdirSync(path.join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'))
    .sort();
}

const isLabs = (file) => file.startsWith('test/e2e/') && !QUICK_E2E.test(file);

/** @returns Jest's exit code */
async function jest(args) {
  const child = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

/** One Jest run, so that what waits and what computes fill each other's gaps. @returns a row for each suite (folder below test/); a file that could not even be run counts as one failed test */
async function run(files, lab) {
  const report = path.join(mkdtempSync(path.join(os.tmpdir(), 'nightshift-test-')), 'report.json');
  const status = await jest(['--json', `--outputFile=${report}`, ...(lab ? ['--runInBand', '--testTimeout=600000'] : []), '--runTestsByPath', ...files]);
  const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
  rmSync(path.dirname(report), { recursive: true, force: true });
  const rows = [...new Set(files.map(suiteOf))].map((name) => rowOf(name, results.filter((result) => suiteOf(path.relative(root, result.name).split(path.sep).join('/')) === name)));
  if (status !== 0 && rows.every(({ failed }) => failed === 0)) rows.push({ name: 'jest', passed: 0, failed: 1, skipped: 0, minutes: 0 });
  return rows;
}

const suiteOf = (file) => (isLabs(file) ? 'lab' : QUICK_E2E.test(file) ? 'start' : file.split('/')[1]);

function rowOf(name, results) {
  const count = (...statuses) => results.flatMap(({ assertionResults }) => assertionResults).filter((result) => statuses.includes(result.status)).length;
  const skipped = count('pending', 'skipped', 'todo', 'disabled');
  const unrun = results.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.every((result) => result.status !== 'failed')).length;
  return {
    name,
    passed: count('passed'),
    failed: count('failed') + unrun + (results.length === 0 ? 1 : 0) + (process.env.CI ? skipped : 0),
    skipped,
    // What its files took, added up: suites run side by side.
    minutes: results.reduce((sum, { startTime, endTime }) => sum + endTime - startTime, 0) / 60_000,
  };
}

/** Programs that tests start, fetched before the clock of a suite runs. */
async function prepare(lab) {
  await ensureBuilt();
  const { ensureProgram } = require(path.join(root, 'dist', 'infra', 'embedded', 'programs.js'));
  const { SEAWEEDFS, TEMPORAL, TEST_SERVER } = require(path.join(root, 'dist', 'infra', 'embedded', 'pinned.js'));
  for (const program of [TEMPORAL, TEST_SERVER, SEAWEEDFS]) await ensureProgram(program, console.error);
  if (!lab) return;
  const fromLab = (name) => require(path.join(root, 'dist', 'infra', 'lab', name));
  await fromLab('packages.js').ensurePackages(console.error, LAB_PARTS);
  await fromLab('build.js').ensureTools(console.error, LAB_PARTS);
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
if (patterns.length > 0) process.exit(await jest(patterns));

const began = Date.now();
const results = await run(testFiles().filter((file) => isLabs(file) === lab), lab);
results.sort((a, b) => rank(a.name) - rank(b.name));
console.log('\nsuite        minutes  passed  failed  skipped');
for (const { name, minutes, passed, failed, skipped } of results) {
  console.log(`${name.padEnd(12)} ${minutes.toFixed(1).padStart(7)} ${String(passed).padStart(7)} ${String(failed).padStart(7)} ${String(skipped).padStart(8)}`);
}
const total = (field) => results.reduce((sum, result) => sum + result[field], 0);
// No tests are no success.
const failed = total('failed') + (total('passed') === 0 ? 1 : 0);
console.log(`total        ${((Date.now() - began) / 60_000).toFixed(1).padStart(7)}${process.env.CI && total('skipped') > 0 ? '   (with CI set, a skipped test is a failed one)' : ''}`);
console.log(`${total('passed')} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

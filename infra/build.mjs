// Makes dist/ from the TypeScript sources, and the workflow bundle that workers load.
// Only what changed is made again, so that every command can call this first: a warm call takes milliseconds.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const require = createRequire(import.meta.url);
/** Folders whose TypeScript runs; `test` is transpiled by Jest, but its support code also runs as processes. */
const SOURCE_FOLDERS = ['workflows', 'activities', 'workers', 'infra', 'test/support', 'test/bench'];
const SKIPPED = new Set(['node_modules', 'tools', 'dist']);

/** Installs the packages of package-lock.json when node_modules is missing or older than the lock. */
export function ensureInstalled(log = console.error) {
  const lock = path.join(root, 'package-lock.json');
  const stamp = path.join(root, 'node_modules', '.nightshift-lock');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  log('Installing packages (npm install) …');
  // Not `npm ci`: it refuses a lock in which optional packages of other platforms are left out, as npm itself writes it
  // where a registry does not have them. Versions and hashes are the lock's all the same, and it is not changed.
  const done = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (done.error) throw new Error(`npm could not be started (${done.error.message}). Install Node.js 20 with npm and run this again.`);
  if (done.status !== 0) throw new Error('npm install failed; its own message is above. Run this again when the package registry can be reached.');
  writeFileSync(stamp, digest);
}

function* sourcesBelow(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* sourcesBelow(full);
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) yield full;
  }
}

function writeAtomically(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

function transpile() {
  const sources = SOURCE_FOLDERS.flatMap((folder) => [...sourcesBelow(path.join(root, folder))]);
  const expected = new Set();
  let made = 0;
  let swc;
  for (const source of sources) {
    const relative = path.relative(root, source);
    const target = path.join(dist, relative.replace(/\.ts$/, '.js'));
    expected.add(target);
    if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) continue;
    swc ??= require('@swc/core');
    const { code, map } = swc.transformFileSync(source, {
      swcrc: false,
      configFile: false,
      sourceMaps: true,
      jsc: { parser: { syntax: 'typescript', decorators: false }, target: 'es2022', keepClassNames: true },
      module: { type: 'commonjs', ignoreDynamic: true },
    });
    writeAtomically(`${target}.map`, map);
    writeAtomically(target, `${code}\n//# sourceMappingURL=${path.basename(target)}.map\n`);
    made += 1;
  }
  for (const folder of SOURCE_FOLDERS) removeOrphans(path.join(dist, folder), expected);
  return made;
}

function removeOrphans(folder, expected) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const full = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && full.endsWith('.js') && !expected.has(full)) {
      rmSync(full);
      rmSync(`${full}.map`, { force: true });
    }
  }
}

/** Stack traces name lines of sources. Columns, and the sources themselves, are two thirds of the bundle, which every worker reads at its start. */
const withLineMaps = (config) => ({ ...config, devtool: 'inline-nosources-cheap-module-source-map' });

/** Bundles beside the plain one; a worker that needs one and does not find it bundles at its start. */
const VARIANTS = {
  encrypted: () => ({ failureConverterPath: path.join(dist, 'workers', 'encrypted-failures.js') }),
  traced: () => ({ workflowInterceptorModules: [path.join(root, 'workflows', 'trace-interceptors.ts')] }),
};

/** Every one that a configuration can ask for. */
export const BUNDLE_VARIANTS = [['encrypted'], ['traced'], ['encrypted', 'traced']];

/** The workflow bundle that workers load by path; made again when a file below workflows/ or the SDK changed. */
export async function bundleWorkflows(log, variant = []) {
  const entry = path.join(root, 'workflows', 'index.ts');
  if (!existsSync(entry)) return;
  const hash = createHash('sha256').update(require('@temporalio/worker/package.json').version);
  for (const source of [...sourcesBelow(path.join(root, 'workflows'))].sort()) hash.update(source.slice(root.length)).update(readFileSync(source));
  const digest = hash.digest('hex');
  const bundle = path.join(dist, ['workflow-bundle', ...variant, 'js'].join('.'));
  const stamp = `${bundle}.sha256`;
  if (existsSync(bundle) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  log(`Bundling workflows${variant.length > 0 ? ` (${variant.join(', ')})` : ''} …`);
  const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath: entry, logger: new DefaultLogger('WARN'), webpackConfigHook: withLineMaps, ...Object.assign({}, ...variant.map((name) => VARIANTS[name]())) });
  writeAtomically(bundle, code);
  writeAtomically(stamp, digest);
}

/** Installs, transpiles and bundles, each only where something changed. */
export async function ensureBuilt({ log = console.error } = {}) {
  ensureInstalled(log);
  await ensureCompiled(log);
}

/** The same with the packages that are there; for images. */
export async function ensureCompiled(log = console.error) {
  transpile();
  await bundleWorkflows(log);
  // A worker that is traced and finds no such bundle makes one at each start.
  if (require(path.join(dist, 'workers', 'tracing.js')).isTraced()) await bundleWorkflows(log, ['traced']);
}

/** Makes what is missing; where that cannot be done, one sentence says why and this process ends. */
async function makeOrExit(make) {
  try {
    await make();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/** Runs a program below dist/, made first by `make`. */
export async function runBuilt(program, make = ensureBuilt) {
  await makeOrExit(make);
  require(path.join(dist, ...program.split('/')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeOrExit(ensureBuilt);

// Makes the packages of Nightshift's two AWS Lambda functions below dist/functions/: a folder each, complete, to be zipped.
// An unbundled worker reads 1,400 modules and checks every runbook before it takes work; a package has one file, its code
// cache and the answers of those checks.
import { spawnSync } from 'node:child_process';
import { cpSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUNDLE_VARIANTS, bundleWorkflows, ensureBuilt } from '../build.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const dist = path.join(root, 'dist');
const require = createRequire(import.meta.url);

/** Of what a package consists, by function. */
const FUNCTIONS = {
  worker: {
    entries: {
      index: 'workers/lambda.ts',
      'workflow-worker-thread': 'node_modules/@temporalio/worker/lib/workflow/workflow-worker-thread.js',
      'encrypted-failures': 'workers/encrypted-failures.ts',
    },
    /** Cached, and where each runs. */
    cached: { index: 'main', 'workflow-worker-thread': 'thread' },
    /** Opened beside the code that is bundled. */
    beside: [require.resolve('source-map/lib/mappings.wasm')],
    native: true,
  },
  gateway: { entries: { index: 'workers/gateway/lambda.ts' }, cached: { index: 'main' }, beside: [], native: false },
};

/** What a worker with prebuilt workflows never does: bundling them, and replaying for an editor. */
const withoutBundler = {
  name: 'without-bundler',
  setup({ onLoad }) {
    const contents = `
      exports.defaultWorkflowInterceptorModules = [];
      exports.WorkflowCodeBundler = class { constructor() { throw new Error('Workflows are not bundled in a function; make the package again: nightshift deploy serverless package'); } };`;
    onLoad({ filter: /@temporalio[\\/]worker[\\/]lib[\\/](workflow[\\/]bundler|debug-replayer[\\/]index)\.js$/ }, () => ({ contents }));
  },
};

/**
 * Temporal's messages are built from one description of all of them when a process starts. What describes services that
 * nobody here calls is left out: all of Temporal Cloud's own, and in the thread of the workflows whatever they do not reach.
 */
const MESSAGES = {
  'index.bundle': (name) => name !== 'cloud',
  'workflow-worker-thread.bundle': (name, reached) => reached.has(name),
};

function withMessages(keep) {
  return {
    name: 'messages',
    setup({ onLoad }) {
      onLoad({ filter: /@temporalio[\\/]proto[\\/]protos[\\/]json-module\.js$/ }, ({ path: file }) => {
        const [before, description] = readFileSync(file, 'utf8').split('.addJSON(');
        const all = JSON.parse(description.slice(0, description.lastIndexOf('});') + 1));
        const { temporal, ...rest } = all;
        const { api } = temporal.nested;
        const reached = reachedFrom(rest, api.nested);
        api.nested = Object.fromEntries(Object.entries(api.nested).filter(([name]) => keep(name, reached)));
        require('protobufjs/light').Root.fromJSON({ nested: all }).resolveAll();
        return { contents: `${before}.addJSON(JSON.parse(${JSON.stringify(JSON.stringify(all))}));\nmodule.exports = $root;` };
      });
    },
  };
}

/** Packages of temporal.api whose messages these, or messages of those, hold. */
function reachedFrom(start, packages) {
  const reached = new Set();
  for (let queue = [start]; queue.length > 0; ) {
    const text = JSON.stringify(queue.pop());
    for (const [, name] of text.matchAll(/temporal\.api\.(\w+)\./g)) {
      if (reached.has(name) || !(name in packages)) continue;
      reached.add(name);
      queue.push(packages[name]);
    }
  }
  return reached;
}

/** @returns the folder of each package */
export async function buildFunctions({ runbooksDir = path.join(root, 'runbooks'), log = console.error } = {}) {
  await ensureBuilt({ log });
  for (const variant of BUNDLE_VARIANTS) await bundleWorkflows(log, variant);
  log('Packing functions …');
  const folders = {};
  for (const [name, spec] of Object.entries(FUNCTIONS)) {
    const folder = path.join(dist, 'functions', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await bundle(folder, spec);
    copyFiles(folder, runbooksDir);
    for (const file of spec.beside) copyFileSync(file, path.join(folder, path.basename(file)));
    if (spec.native) copyNative(folder);
    warm(folder, spec.cached);
    folders[name] = folder;
  }
  return folders;
}

async function bundle(folder, { entries, cached }) {
  for (const [name, file] of Object.entries(entries)) await bundleOne(folder, name in cached ? `${name}.bundle` : name, path.join(root, file));
  for (const name of Object.keys(cached)) copyFileSync(path.join(here, 'loader.js'), path.join(folder, `${name}.js`));
}

async function bundleOne(folder, out, file) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [{ in: file, out }],
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'ascii',
    // Names of classes are names of errors; whitespace only costs reading.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'error',
    plugins: [withoutBundler, withMessages(MESSAGES[out] ?? (() => true))],
    // Optional, and not installed.
    external: ['@aws-lambda-powertools/logger'],
  });
}

/** The project's root is where package.json is: what the code looks for below it is in its place. */
function copyFiles(folder, runbooksDir) {
  const { name, version, license } = require('../../package.json');
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify({ name, version, license, private: true, type: 'commonjs' })}\n`);
  mkdirSync(path.join(folder, 'dist'));
  for (const variant of [[], ...BUNDLE_VARIANTS]) {
    const file = ['workflow-bundle', ...variant, 'js'].join('.');
    for (const name of [file, `${file}.sha256`]) copyFileSync(path.join(dist, name), path.join(folder, 'dist', name));
  }
  cpSync(runbooksDir, path.join(folder, 'runbooks'), { recursive: true });
  for (const manifests of ['infra/lab/manifests', 'infra/practice/manifests']) cpSync(path.join(root, manifests), path.join(folder, manifests), { recursive: true });
  const { loadRunbooks } = require('../../dist/activities/runbooks/loader.js');
  // A broken one is left to the worker, which says what is wrong with it.
  const valid = loadRunbooks(runbooksDir, require('../../dist/activities/registry.js')).filter((loaded) => loaded.valid);
  writeFileSync(path.join(folder, 'dist', 'checked-runbooks.json'), JSON.stringify(Object.fromEntries(valid.map(({ digest, runbook }) => [digest, runbook]))));
}

/** Temporal's core, for the platform that this runs on. */
function copyNative(folder) {
  const { getPrebuiltPath, getPrebuiltTargetName } = require('@temporalio/core-bridge/common.js');
  const target = path.join(folder, 'releases', getPrebuiltTargetName());
  mkdirSync(target, { recursive: true });
  copyFileSync(getPrebuiltPath(), path.join(target, 'index.node'));
}

function warm(folder, cached) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'nightshift-warm-'));
  const config = path.join(scratch, 'nightshift.yaml');
  writeFileSync(config, 'practice: true\n');
  const env = { PATH: process.env.PATH, NIGHTSHIFT_CONFIG: config, NIGHTSHIFT_DATA_DIR: path.join(scratch, 'data'), TEMPORAL_ADDRESS: '127.0.0.1:1', AWS_EC2_METADATA_DISABLED: 'true' };
  try {
    for (const [name, where] of Object.entries(cached)) {
      const { status, stderr, error } = spawnSync(process.execPath, [path.join(here, 'warm.js'), path.join(folder, `${name}.bundle.js`), where], { env, encoding: 'utf8' });
      if (error ?? status !== 0) throw new Error(`The bundle ${name} of ${folder} cannot be loaded: ${error?.message ?? stderr}`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of Object.values(await buildFunctions())) console.log(folder);
}

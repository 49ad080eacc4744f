// Makes the code cache of a bundle: loads it as the function does, so that what runs at a cold start is in the cache, and
// writes what V8 made of it.   node warm.js <file.bundle.js> [thread]
const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');
const { isMainThread, Worker } = require('node:worker_threads');

const [file, where] = process.argv.slice(2);
if (where === 'thread' && isMainThread) {
  new Worker(__filename, { argv: [file, where] }).once('error', (error) => {
    console.error(error);
    process.exit(1);
  });
} else {
  const script = new Script(Module.wrap(readFileSync(file, 'latin1')), { filename: file });
  const loaded = { exports: {} };
  script.runInThisContext().call(loaded.exports, loaded.exports, Module.createRequire(file), loaded, file, path.dirname(file));
  writeFileSync(`${file}.cache`, script.createCachedData());
  process.exit();
}

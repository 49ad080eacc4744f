// Beside each bundle of a function's package, under the name that is asked for: runs `<name>.bundle.js` with the code cache
// that was made of it. Node 20 has no compile cache of its own; parsing ten megabytes again costs each cold start 0.3 s.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { Script } = require('node:vm');

const file = __filename.replace(/\.js$/, '.bundle.js');
const cache = `${file}.cache`;
// The bundler writes ASCII only, and Latin-1 is read without being decoded.
const source = Module.wrap(readFileSync(file, 'latin1'));
// A cache of another V8 is refused by V8 itself, which then compiles.
const script = new Script(source, { filename: file, ...(existsSync(cache) && { cachedData: readFileSync(cache) }) });
script.runInThisContext().call(exports, exports, require, module, file, __dirname);

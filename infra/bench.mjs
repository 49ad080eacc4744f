// Runs the benchmarks against raw Temporal and prints one table; fails when a budget is missed.
//   npm run bench                                 every row (at most 8 minutes on two cores)
//   npm run bench -- --quick                      fewer runs of each, as in CI
//   npm run bench -- --only replay                one row
//   npm run bench -- --lab-results drills.json    adds what a drill on the lab measured
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
try {
  await ensureBuilt();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
createRequire(import.meta.url)(path.join(root, 'dist', 'test', 'bench', 'main.js'));

// Kills the worker, or Temporal, at every event of an incident and compares with the run that nobody disturbed.
//   npm run kill-matrix                              every cell (half an hour and more on two cores)
//   npm run kill-matrix -- --sample 8 --seed 7       some of them, by chance
//   npm run kill-matrix -- --only worker|temporal|write
//   npm run kill-matrix -- --cells temporal:1-50     these only
//   npm run kill-matrix -- --markdown infra/docs/kill-matrix.md
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../build.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
try {
  await ensureBuilt();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
createRequire(import.meta.url)(path.join(root, 'dist', 'infra', 'kill-matrix', 'main.js'));

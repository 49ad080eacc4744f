// Kills the worker, or Temporal, at every event of an incident and compares with the run that nobody disturbed.
//   npm run kill-matrix                              every cell (half an hour and more on two cores)
//   npm run kill-matrix -- --sample 8 --seed 7       some of them, by chance
//   npm run kill-matrix -- --only worker|temporal|write
//   npm run kill-matrix -- --cells temporal:1-50     these only
//   npm run kill-matrix -- --markdown infra/docs/kill-matrix.md
import { runBuilt } from '../build.mjs';

await runBuilt('infra/kill-matrix/main.js');

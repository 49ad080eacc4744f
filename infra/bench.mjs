// Runs the benchmarks against raw Temporal and prints one table; fails when a budget is missed.
//   npm run bench                                 every row (at most 8 minutes on two cores)
//   npm run bench -- --quick                      fewer runs of each, as in CI
//   npm run bench -- --only replay                one row
//   npm run bench -- --lab-results drills.json    adds what a drill on the lab measured
import { runBuilt } from './build.mjs';

await runBuilt('test/bench/main.js');

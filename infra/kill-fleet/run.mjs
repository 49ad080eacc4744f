// Kills two workers, the gateway and Temporal in turn while incidents are open, and compares each with one that nobody disturbed.
//   npm run kill-fleet                        200 incidents (a quarter of an hour on two cores)
//   npm run kill-fleet -- --incidents 40
import { runBuilt } from '../build.mjs';

await runBuilt('infra/kill-fleet/main.js');

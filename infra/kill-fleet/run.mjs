// Kills two workers, the gateway and Temporal in turn while incidents are open, and compares each with one that nobody disturbed.
//   npm run kill-fleet                        200 incidents (a quarter of an hour on two cores)
//   npm run kill-fleet -- --incidents 40
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
createRequire(import.meta.url)(path.join(root, 'dist', 'infra', 'kill-fleet', 'main.js'));

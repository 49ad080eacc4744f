// Whole incidents with no worker running when their alert arrives: Temporal's worker controller calls the worker as a Lambda
// function, through an endpoint on this machine.
//   npm run serverless                            ten cold starts with the gateway warm and ten without, three incidents
//   npm run serverless -- --rounds 3 --incidents 1
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../functions/build.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
try {
  await buildFunctions();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
createRequire(import.meta.url)(path.join(root, 'dist', 'infra', 'serverless', 'main.js'));

// Whole incidents with no worker running when their alert arrives: Temporal's worker controller calls the worker as a Lambda
// function, through an endpoint on this machine.
//   npm run serverless                            ten cold starts with the gateway warm and ten without, three incidents
//   npm run serverless -- --rounds 3 --incidents 1
import { runBuilt } from '../build.mjs';
import { buildFunctions } from '../functions/build.mjs';

await runBuilt('infra/serverless/main.js', buildFunctions);

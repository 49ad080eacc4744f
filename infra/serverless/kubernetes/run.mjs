// Whole incidents with the worker's Deployment at 0 replicas: Temporal's worker controller scales it, on the API server of a lab of
// its own (Linux, root). The scaler looks for the first time after five minutes, so this takes a quarter of an hour.
//   npm run serverless:kubernetes                      two incidents
//   npm run serverless:kubernetes -- --incidents 1
import { runBuilt } from '../../build.mjs';

await runBuilt('infra/serverless/kubernetes/main.js');

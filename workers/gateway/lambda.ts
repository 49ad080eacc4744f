import awsLambdaFastify, { type LambdaResponse } from '@fastify/aws-lambda';
import { loadConfig } from '../config';
import { tracingOf } from '../tracing';
import { openGateway } from './serve';

type Proxy = (event: unknown, context: unknown) => Promise<LambdaResponse>;

let opened: Promise<Proxy> | undefined;

/** A gateway that could not be opened is tried again at the next request; Alertmanager repeats what was not answered 200. */
function gateway(): Promise<Proxy> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function open(): Promise<Proxy> {
  // `deploy serverless apply` has prepared it: what is the same at every start is no business of the first alert's.
  const { app } = await openGateway(loadConfig(), { prepared: true });
  const proxy = awsLambdaFastify(app);
  await app.ready();
  return proxy as Proxy;
}

/**
 * Webhook, API and pages as an AWS Lambda function behind a function URL (payload format 2.0). Its data directory
 * (NIGHTSHIFT_DATA_DIR) has to last, since it holds the signing key and the ledger: mount an EFS access point there.
 */
export async function handler(event: unknown, context: unknown): Promise<LambdaResponse> {
  const answer = await (await gateway())(event, context);
  // Between two requests a function stands still.
  await tracingOf('gateway')?.flush();
  return answer;
}

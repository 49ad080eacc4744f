/**
 * One instance of a function, as AWS Lambda's runtime runs it: a process of its own that loads the handler once and is
 * then invoked again and again. Talks with whoever started it by Node's own channel.
 */
import { randomUUID } from 'node:crypto';
import type { FromInstance, ToInstance } from './function-messages';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const [file, functionArn] = process.argv.slice(2) as [string, string];

function tell(message: FromInstance): void {
  process.send?.(message);
}

async function invoke(handler: Handler, { id, event, deadline }: ToInstance): Promise<void> {
  const context = { awsRequestId: id, invokedFunctionArn: functionArn, functionName: functionArn.split(':')[6], functionVersion: functionArn.split(':')[7] ?? '$LATEST', logStreamName: randomUUID(), getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) };
  try {
    tell({ type: 'answered', id, result: await handler(event, context) });
  } catch (error) {
    console.error(error);
    tell({ type: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
  }
}

// Whoever started it is gone: so is the function.
process.on('disconnect', () => process.exit(1));
const { handler } = require(file) as { handler: Handler };
process.on('message', (message: ToInstance) => void invoke(handler, message));
tell({ type: 'loaded' });

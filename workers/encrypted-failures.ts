/** Loaded by path, also inside the workflow sandbox: puts what failures say into payloads, which the codec encrypts. */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

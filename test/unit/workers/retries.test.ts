import { ApplicationFailure, DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { failureConverter } from '../../../workers/encrypted-failures';
import { retriesOf } from '../../../workers/gateway/retries';

const lastFailure = (converter: DefaultFailureConverter) => converter.errorToFailure(ApplicationFailure.create({ type: 'UpstreamUnavailable', message: 'the API server is away' }), defaultPayloadConverter);
const clientWith = (converter: DefaultFailureConverter, pendingActivities: object[]) =>
  ({ workflow: { getHandle: () => ({ describe: () => Promise.resolve({ raw: { pendingActivities } }) }) }, options: { loadedDataConverter: { payloadConverter: defaultPayloadConverter, failureConverter: converter, payloadCodecs: [] } } }) as unknown as Client;
const RUN = { workflowId: 'incident/c/receive', runId: 'r' };

test.each([
  ['as Temporal has it', new DefaultFailureConverter()],
  ['also where failures are encrypted', failureConverter],
])('what failed and is tried again is told %s; what runs for the first time is not', async (_, converter) => {
  const pending = [{ activityType: { name: 'kubernetesExecuteStep' }, attempt: 3, lastFailure: lastFailure(converter) }, { activityType: { name: 'notifyPage' }, attempt: 1 }];
  expect(await retriesOf(clientWith(converter, pending), RUN)).toEqual([{ what: 'kubernetesExecuteStep', attempt: 3, why: 'the API server is away' }]);
});

test('nothing is pending', async () => {
  expect(await retriesOf(clientWith(new DefaultFailureConverter(), []), RUN)).toEqual([]);
});

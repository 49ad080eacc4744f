import type { Client } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow';

/** Something that an incident has tried in vain so far and tries again; its state says nothing of it before that is over. */
export interface Retry {
  /** The activity's name. */
  what: string;
  /** The try that is under way or comes next. */
  attempt: number;
  /** What the last one met with. */
  why: string;
}

/** What a run tries again at this moment, by Temporal's word: no worker is asked. */
export async function retriesOf(client: Client, { workflowId, runId }: { workflowId: string; runId: string }): Promise<Retry[]> {
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const converter = client.options.loadedDataConverter;
  return Promise.all(
    (raw.pendingActivities ?? []).filter(({ lastFailure }) => lastFailure).map(async ({ activityType, attempt, lastFailure }) => {
      const failure = await decodeOptionalFailureToOptionalError(converter, lastFailure);
      return { what: activityType?.name ?? '?', attempt: attempt ?? 1, why: failure?.message ?? '' };
    }),
  );
}

import { activityInfo } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';

export interface BareActivities {
  barePause(input: { ms: number }): Promise<void>;
}

/** @param began told the workflow's ID when an activity runs */
export function createBareActivities(began: (workflowId: string) => void): BareActivities {
  return {
    barePause: async ({ ms }) => {
      began(activityInfo().workflowExecution?.workflowId ?? '');
      await delay(ms);
    },
  };
}

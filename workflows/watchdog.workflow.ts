import { continueAsNew, isCancellation, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import { configuration, temporal } from './activity-calls';
import type { WatchdogInput } from './contracts';
import { silenceAlert } from './domain/silence';
import { reasonOf } from './phases/incident';

/**
 * The dead-man's switch of one cluster. Each heartbeat starts it anew, to run when the tolerated silence is over, and ends
 * the one before: it only ever runs when heartbeats have stopped. It then opens an incident, and goes on saying so until
 * the next heartbeat ends it. Whatever fails meanwhile is tried again: a switch that ends with the first activity that fails
 * would be silent just when all else is.
 */
export async function watchdogWorkflow(input: WatchdogInput): Promise<void> {
  // Temporal or the workers were away themselves: nobody could have been heard. The cluster gets its time once more.
  if (Date.now() - Date.parse(input.expectedBy) > LATE) await sleep(input.tolerateMs);
  for (;;) {
    const next = await raise(input).catch((error: unknown) => tryAgain(input, error));
    if (next === 'not-expected') return;
    await sleep(next);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof watchdogWorkflow>(input);
  }
}

/** @returns in how many milliseconds to say it again */
async function raise(input: WatchdogInput): Promise<number | 'not-expected'> {
  const { cluster, expectedBy, tolerateMs } = input;
  const { expected, maintenance } = await configuration.configurationWatchdog({ cluster });
  if (!expected) return 'not-expected';
  if (maintenance) {
    setCurrentDetails(`Silent, but until ${maintenance.until} on purpose: ${maintenance.reason}`);
    // What was down has to come up before it can be heard.
    return Math.max(0, Date.parse(maintenance.until) - Date.now()) + tolerateMs;
  }
  setCurrentDetails(`Silent since ${expectedBy}`);
  await temporal.temporalDeliverAlerts({ cluster, failureDomain: 'alerting', alerts: [silenceAlert(input)] });
  return REPEAT_EVERY;
}

function tryAgain({ expectedBy }: WatchdogInput, error: unknown): number {
  if (isCancellation(error)) throw error;
  setCurrentDetails(`Silent since ${expectedBy}; nobody could be told (${reasonOf(error)}), which is tried again`);
  return TRY_AGAIN_AFTER;
}

/** More than a restart takes, which is seconds. */
const LATE = 60_000;
/** As often as Alertmanager repeats what nobody has ended; an open incident knows the alert, a lost one is opened again. */
const REPEAT_EVERY = 4 * 3_600_000;
/** Each try has retries of its own, of up to five minutes. */
const TRY_AGAIN_AFTER = 60_000;

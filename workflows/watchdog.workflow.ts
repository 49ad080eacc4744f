import { continueAsNew, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import { configuration, temporal } from './activity-calls';
import type { WatchdogInput } from './contracts';
import { silenceAlert } from './domain/silence';

/**
 * The dead-man's switch of one cluster. Each heartbeat starts it anew, to run when the tolerated silence is over, and ends
 * the one before: it only ever runs when heartbeats have stopped. It then opens an incident, and goes on saying so until
 * the next heartbeat ends it.
 */
export async function watchdogWorkflow(input: WatchdogInput): Promise<void> {
  const { cluster, expectedBy, tolerateMs } = input;
  // Temporal or the workers were away themselves: nobody could have been heard. The cluster gets its time once more.
  if (Date.now() - Date.parse(expectedBy) > LATE) await sleep(tolerateMs);
  for (;;) {
    const { expected, maintenance } = await configuration.configurationWatchdog({ cluster });
    if (!expected) return;
    if (maintenance) {
      setCurrentDetails(`Silent, but until ${maintenance.until} on purpose: ${maintenance.reason}`);
      // What was down has to come up before it can be heard.
      await sleep(Math.max(0, Date.parse(maintenance.until) - Date.now()) + tolerateMs);
      continue;
    }
    setCurrentDetails(`Silent since ${expectedBy}`);
    const alert = silenceAlert(input);
    await temporal.temporalDeliverAlerts({ cluster, failureDomain: 'alerting', alerts: [alert] });
    await sleep(REPEAT_EVERY);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof watchdogWorkflow>(input);
  }
}

/** More than a restart takes, which is seconds. */
const LATE = 60_000;
/** As often as Alertmanager repeats what nobody has ended; an open incident knows the alert, a lost one is opened again. */
const REPEAT_EVERY = '4 hours';

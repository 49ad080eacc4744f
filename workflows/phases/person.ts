import { condition, workflowInfo } from '@temporalio/workflow';
import type { Text } from '../contracts';
import type { Incident } from './incident';
import { mayLookFurther, needsMending, strangeAlerts } from './look-further';
import { answered, remind } from './remind';

export type AfterPerson = 'resolved' | 'resumed' | 'continue-as-new';

/** Tells a person that the incident is theirs now, with everything that is known. */
export function handOver(incident: Incident, reason: Text): void {
  if (incident.cancelled) return;
  incident.record({ type: 'outcome', outcome: 'handed-over', reason });
  if (incident.status.owner) return;
  const { title } = incident.status;
  incident.page('handed-over', { en: `Over to you: ${title.en}. ${reason.en}`, ko: `인계: ${title.ko}. ${reason.ko}` });
}

/**
 * An incident in a person's hands stays open until its alerts resolve, so that Alertmanager's repeats do not open new
 * ones; or until the person gives it back, or the pause that they asked for is over. As long as nobody has said that it
 * is theirs, it reminds.
 */
export async function inPersonsHands(incident: Incident): Promise<AfterPerson> {
  incident.interruption = undefined;
  incident.enter('waiting');
  incident.wait({ for: 'person', since: incident.now(), text: { en: 'a person; closes when the alerts resolve', ko: '담당자 처리; 알림이 해소되면 종료' } });
  await untilMoved(incident);
  incident.wait(undefined);
  answered(incident);
  if (incident.resumed) {
    incident.resumed = false;
    return 'resumed';
  }
  return incident.alertsFiring ? 'continue-as-new' : 'resolved';
}

/** A person has it because no class knew what to do, not because something that was known could not be done. */
function foundNothing({ status: { causes, rootCause } }: Incident): boolean {
  const cause = causes.find(({ id }) => id === rootCause);
  return cause === undefined || !needsMending(cause);
}

/** Whoever has not reacted to an hour of reminders is not reached by more of them; the clocks have paged as well. */
const MOST_REMINDERS = 12;

async function untilMoved(incident: Incident): Promise<void> {
  const since = Date.now();
  // Incidents that were handed over before there were reminders stay as quiet as they began.
  const reminds = incident.has('2026-11-remind-after-hand-over');
  const nobodys = () => incident.status.owner === undefined && !incident.cancelled;
  const further = foundNothing(incident) && mayLookFurther(incident);
  const strange = () => further && nobodys() && strangeAlerts(incident).length > 0;
  const ends = incident.has('2026-12-ends-that-are-none');
  // A pause of what was cancelled meanwhile has no end that anything begins after.
  const held = () => (ends && incident.cancelled ? undefined : incident.status.heldUntil);
  const moved = () => !incident.alertsFiring || incident.resumed || strange() || workflowInfo().continueAsNewSuggested;
  for (let count = 1; ; ) {
    const heldUntil = held();
    const reminding = reminds && nobodys() && count <= MOST_REMINDERS;
    const changed = () => moved() || held() !== heldUntil || (reminding && !nobodys());
    const left = heldUntil ? Date.parse(heldUntil) - Date.now() : reminding ? incident.settings.durations.remindEvery : undefined;
    const woken = left === undefined ? await condition(changed).then(() => true) : left > 0 && (await condition(changed, left));
    if (strange()) goOn(incident, 'another alert fires, which may say what the first did not');
    if (moved()) return;
    // Whoever says something in the moment in which the time is over is heard.
    if (woken || (ends && changed())) continue;
    if (heldUntil) {
      goOn(incident, 'the pause is over');
      return;
    }
    const { title } = incident.status;
    remind(incident, { of: 'hand-over', count, since, text: { en: `Nobody has taken it over yet: ${title.en}`, ko: `아직 인수한 담당자가 없습니다: ${title.ko}` } });
    count += 1;
  }
}

/** Nightshift has it again, and what stopped it before does so no more. */
function goOn(incident: Incident, reason: string): void {
  incident.record({ type: 'resumed', reason });
  incident.resumed = true;
  if (incident.has('2026-12-ends-that-are-none')) incident.interruption = undefined;
}

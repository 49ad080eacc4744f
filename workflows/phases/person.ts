import { condition, workflowInfo } from '@temporalio/workflow';
import type { Text } from '../contracts';
import type { Incident } from './incident';

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
 * An incident in a person's hands stays open, quietly, until its alerts resolve, so that Alertmanager's repeats do not
 * open new ones; or until the person gives it back.
 */
export async function inPersonsHands(incident: Incident): Promise<AfterPerson> {
  incident.interruption = undefined;
  incident.enter('waiting');
  incident.wait({ for: 'person', since: incident.now(), text: { en: 'a person; closes when the alerts resolve', ko: '담당자 처리; 알림이 해소되면 종료' } });
  await condition(() => !incident.alertsFiring || incident.resumed || workflowInfo().continueAsNewSuggested);
  incident.wait(undefined);
  if (incident.resumed) {
    incident.resumed = false;
    return 'resumed';
  }
  return incident.alertsFiring ? 'continue-as-new' : 'resolved';
}

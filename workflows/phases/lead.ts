import type { IncidentClass, RankedCause, Text } from '../contracts';
import { wayHere } from '../domain/way-here';
import type { Incident } from './incident';
import { adoptRunbook, selectRunbook } from './runbook';

/** Remote write → a broken receiver → what broke it: a longer way is one that nobody would follow. */
const MOST_LEADS = 3;

/**
 * Goes on with the runbook that treats this cause, under the same incident. Never to a class that the incident has had,
 * so never in a circle. What keeps it from going on is recorded; the cause's own remedies and advice are left then.
 */
export async function goOn(incident: Incident, { id, title, leadsTo }: RankedCause): Promise<boolean> {
  if (!leadsTo) return false;
  const from = { incidentClass: incident.status.incidentClass, cause: id, title };
  const refusal = refusalOf(incident, leadsTo);
  const snapshot = refusal ? null : await selectRunbook(incident, leadsTo);
  if (!snapshot) {
    incident.record({ type: 'leadRefused', to: leadsTo, reason: refusal ?? { en: 'there is no valid runbook of this class', ko: '해당 유형의 유효한 런북이 없음' } });
    return false;
  }
  incident.record({ type: 'ledOn', from, to: leadsTo });
  adoptRunbook(incident, { ...snapshot, chosenBecause: `the cause ${id} of ${from.incidentClass} leads to it` });
  incident.publish();
  return true;
}

function refusalOf({ status }: Incident, to: IncidentClass): Text | undefined {
  // A class that found nothing may find something by now.
  const before = wayHere(status);
  if (to === status.incidentClass || before.some(({ incidentClass }) => incidentClass === to)) return { en: 'the incident has been of this class already', ko: '이미 거쳐 온 유형임' };
  return before.length >= MOST_LEADS ? { en: `it has gone on ${MOST_LEADS} times already`, ko: `이미 ${MOST_LEADS}회 넘어옴` } : undefined;
}

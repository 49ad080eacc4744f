import type { Text } from '../contracts';
import type { Incident } from './incident';

interface Reminder {
  /** What somebody should have done by now. */
  of: 'decision' | 'hand-over';
  count: number;
  /** When they were first asked, in milliseconds. */
  since: number;
  text: Text;
}

/** Asks again, and more people the longer nobody acts: the level stays where it is until somebody does. */
export function remind(incident: Incident, { of, count, since, text }: Reminder): void {
  // Settings of an incident that began before there were levels do not say how long one lasts.
  const { remindEvery, escalateEvery = 3 * remindEvery } = incident.settings.durations as { remindEvery: number; escalateEvery?: number };
  incident.level = Math.max(incident.level, 1 + Math.floor((Date.now() - since) / escalateEvery));
  incident.record({ type: 'reminded', of, count, level: incident.level });
  const { en, ko } = text;
  incident.page('reminder', { en: `${en} (reminder ${count})`, ko: `${ko} (알림 ${count}회)` });
}

/** Somebody has acted: what comes next is asked of whoever is on call. */
export function answered(incident: Incident): void {
  incident.level = 1;
}

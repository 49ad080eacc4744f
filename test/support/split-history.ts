interface HistoryEvent {
  eventId: string;
  eventType: string;
  markerRecordedEventAttributes?: { markerName: string };
}

const TASK = ['SCHEDULED', 'STARTED', 'COMPLETED'] as const;

/**
 * The same history as if a worker had been told to end in its first workflow task: the answers of the local activities stand
 * in a task of their own, and what the workflow did with them in the next.
 */
export function withFirstTaskSplit({ events }: { events: HistoryEvent[] }): { events: HistoryEvent[] } {
  const task = TASK.map((step) => events.find(({ eventType }) => eventType === `EVENT_TYPE_WORKFLOW_TASK_${step}`)!);
  const acts = events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
  const answers = events.findLastIndex(({ markerRecordedEventAttributes: marker }, index) => index < acts && marker?.markerName === 'core_local_activity');
  const last = Number(events[answers]!.eventId);
  const references: Record<string, string> = { scheduledEventId: String(last + 1), startedEventId: String(last + 2) };
  const between = task.map((event, index) => ({ ...rewritten(event, (key, value) => references[key] ?? value), eventId: String(last + 1 + index) }));
  const later = events.slice(answers + 1).map((event) => rewritten(event, (key, value) => (/eventId$/i.test(key) && Number(value) > last ? String(Number(value) + TASK.length) : value)));
  return { events: [...events.slice(0, answers + 1), ...between, ...later] };
}

function rewritten(event: HistoryEvent, value: (key: string, value: unknown) => unknown): HistoryEvent {
  return JSON.parse(JSON.stringify(event), value) as HistoryEvent;
}

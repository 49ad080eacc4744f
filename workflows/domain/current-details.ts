import type { IncidentStatus } from '../contracts/incident';
import { recurrenceText } from './recurrence';
import { OUTCOME_TEXT } from './timeline';

/** Markdown for Temporal's own UI: what a person sees who opens the workflow there. */
export function currentDetails(status: IncidentStatus): string {
  const cause = status.causes.find((candidate) => candidate.id === status.rootCause);
  const again = recurrenceText(status);
  const lines = [
    ...(again ? [`**${again.en}**`] : []),
    `**${status.title.en}** · ${status.cluster} · ${status.severity}`,
    `phase **${status.phase}**${status.outcome ? ` · ${OUTCOME_TEXT[status.outcome].en}` : ''}`,
    cause ? `root cause: ${cause.title.en} (${Math.round(cause.confidence * 100)} %)` : 'root cause: not known yet',
    ...(status.plan ? [`plan ${status.plan.id}: ${status.plan.title.en} (${status.plan.risk}), hash ${status.plan.hash.slice(0, 12)}`] : []),
    ...(status.waiting ? [`waiting: ${status.waiting.text.en}`] : []),
  ];
  return lines.join('\n\n');
}

import { renderPostmortem } from '../../activities/records/postmortem';
import { postmortemFiles } from '../../activities/records/postmortem';
import type { IncidentRecord } from '../../workflows/contracts';
import type { HistoryFact } from './history-facts';

/** Facts that the postmortem's timeline does not tell, in its Markdown or on its page; each line tells one. */
export function untold(record: IncidentRecord, facts: readonly HistoryFact[]): string[] {
  const english: IncidentRecord = { ...record, locale: 'en' };
  const { 'postmortem.html': page } = postmortemFiles(english);
  return [...missing('Markdown', linesOf(renderPostmortem(english)), facts), ...missing('page', rowsOf(page), facts)];
}

function missing(where: string, lines: string[], facts: readonly HistoryFact[]): string[] {
  const open = [...lines];
  return facts.flatMap(({ kind, words, oneOf }) => {
    const line = open.findIndex((text) => words.every((word) => text.includes(word)) && (!oneOf || oneOf.some((word) => text.includes(word))));
    if (line === -1) return [`${where}: ${kind} ${[...words, ...(oneOf ?? [])].join(' ')}`];
    open.splice(line, 1);
    return [];
  });
}

/** Backslashes are Markdown's, not the teller's. */
function linesOf(markdown: string): string[] {
  const timeline = markdown.slice(markdown.indexOf('\n## Timeline'));
  return timeline.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.replace(/\\(?=[^\w\s])/g, ''));
}

function rowsOf(page: string): string[] {
  const timeline = page.slice(page.indexOf('<section id="timeline"'));
  const text = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))).replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
  return [...timeline.matchAll(/<tr>.*?<\/tr>/gs)].map(([row]) => text(row));
}

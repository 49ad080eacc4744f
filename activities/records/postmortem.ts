import type { IncidentRecord } from '../../workflows/contracts';
import { applyEdits } from './postmortem/edits';
import { standalone } from './postmortem/chart';
import { drawnCharts } from './postmortem/measured';
import { renderPostmortemPage } from './postmortem/page';
import { postmortemSections, postmortemTitle, type PostmortemExtras, type Section } from './postmortem/sections';

/** The postmortem as Markdown, in the record's language. Pure; everything from outside is escaped. */
export function renderPostmortem(record: IncidentRecord, extras: PostmortemExtras = {}): string {
  return markdownOf(record, finished(record, extras));
}

/** The postmortem as the record keeps it: for editors and repositories, and for browsers; charts are files beside the Markdown. */
export function postmortemFiles(record: IncidentRecord, extras: PostmortemExtras = {}): PostmortemFiles {
  const sections = finished(record, extras);
  const charts = drawnCharts(record);
  return {
    ...Object.fromEntries([...charts].map(([name, svg]) => [name, `${standalone(svg)}\n`])),
    'postmortem.md': markdownOf(record, sections),
    'postmortem.html': renderPostmortemPage(record, sections, charts),
  };
}

export type PostmortemFiles = { 'postmortem.md': string; 'postmortem.html': string } & { [file: string]: string };

function finished(record: IncidentRecord, extras: PostmortemExtras): Section[] {
  const sections = postmortemSections(record, extras);
  return extras.edits ? applyEdits(sections, extras.edits, record.locale) : sections;
}

function markdownOf(record: IncidentRecord, sections: readonly Section[]): string {
  return `${[`# ${postmortemTitle(record)}`, ...sections.map(({ heading, content }) => `## ${heading}\n\n${content}`)].join('\n\n')}\n`;
}

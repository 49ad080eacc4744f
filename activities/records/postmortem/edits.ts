import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Locale } from '../../../workflows/contracts';
import { speaker } from './language';
import { escape } from './markdown';
import { HEADINGS, type Section, type SectionId } from './sections';

/** One section as a person wrote it; the generated one stays behind it and is compared. */
const edit = z.object({
  section: z.string(),
  locale: z.enum(['en', 'ko']),
  text: z.string(),
  actor: z.string(),
  at: z.string(),
  /** SHA-256 of the generated text that was edited: tells whether the facts have changed since. */
  basedOn: z.string(),
});
const added = z.object({ heading: z.string(), text: z.string(), actor: z.string(), at: z.string() });

/** `postmortem-edits.json`. */
export const postmortemEdits = z.object({ schema: z.literal('nightshift/postmortem-edits/v1'), sections: z.array(edit), added: z.array(added) });
export type PostmortemEdits = z.output<typeof postmortemEdits>;
type Edit = z.output<typeof edit>;

export const NO_EDITS: PostmortemEdits = { schema: 'nightshift/postmortem-edits/v1', sections: [], added: [] };

/** What stands below it in a section was written by Nightshift about the edit, and is no part of it. */
export const MARK = '<!-- nightshift -->';

/** The sections with what people made of them; their own sections come before the timeline. */
export function applyEdits(sections: readonly Section[], edits: PostmortemEdits, locale: Locale): Section[] {
  const edited = sections.map((section) => ({ ...section, content: editedContent(section, edits.sections.filter((each) => each.section === section.id), locale) }));
  const own = edits.added.map(({ heading, text, actor, at }, index): Section => ({ id: `added-${index + 1}`, heading, content: `${text}\n\n${MARK}\n${byline(locale, actor, at)}` }));
  const timeline = edited.findIndex(({ id }) => id === 'timeline');
  return timeline === -1 ? [...edited, ...own] : [...edited.slice(0, timeline), ...own, ...edited.slice(timeline)];
}

function editedContent({ content }: Section, edits: readonly Edit[], locale: Locale): string {
  const { say } = speaker(locale);
  const own = edits.find((each) => each.locale === locale);
  const elsewhere = edits.filter((each) => each.locale !== locale);
  const parts = [own ? own.text : content];
  if (own || elsewhere.length > 0) parts.push(MARK);
  if (own) parts.push(byline(locale, own.actor, own.at));
  if (own && own.basedOn !== digest(content)) parts.push(`*${say('Since then, what Nightshift itself says here has changed:', '그 이후 Nightshift가 작성한 내용이 바뀌었습니다:')}*`, content);
  for (const other of elsewhere) parts.push(`*${escape(other.actor)} ${say('wrote in Korean:', '작성(영어):')}*`, other.text);
  return parts.filter((part) => part !== '').join('\n\n').replace(`${MARK}\n\n`, `${MARK}\n`);
}

function byline(locale: Locale, actor: string, at: string): string {
  const { say, moment } = speaker(locale);
  return `*${say(`Edited by ${escape(actor)}, ${moment(at)}.`, `${escape(actor)} 편집, ${moment(at)}.`)}*`;
}

export interface EditedDocument {
  /** The whole Markdown as a person saved it. */
  markdown: string;
  /** What Nightshift itself says in each section, without any edit. */
  generated: readonly Section[];
  known: PostmortemEdits;
  locale: Locale;
  actor: string;
  at: string;
}

/**
 * What of a saved document is a person's: sections that differ from what is generated, and sections that are not ours. A
 * section that was taken out stays as it is generated: the facts of an incident can be commented, not removed.
 */
export function editsIn({ markdown, generated, known, locale, actor, at }: EditedDocument): { edits: PostmortemEdits; changed: string[] } {
  const written = sectionsIn(markdown);
  const byId = new Map(written.flatMap(({ heading, text }) => { const id = idOf(heading); return id ? [[id, text] as const] : []; }));
  const shown = new Map(applyEdits(generated, known, locale).map(({ id, content }) => [id, ownPart(content)]));
  const changed: string[] = [];
  const sections = generated.flatMap(({ id, heading, content }): Edit[] => {
    const others = known.sections.filter((each) => each.section === id && each.locale !== locale);
    const before = known.sections.find((each) => each.section === id && each.locale === locale);
    const text = byId.get(id as SectionId);
    if (text === undefined || text === shown.get(id)) return [...others, ...(before ? [before] : [])];
    changed.push(heading);
    return text === content.trim() ? others : [...others, { section: id, locale, text, actor, at, basedOn: digest(content) }];
  });
  const added = written.filter(({ heading, text }) => idOf(heading) === undefined && text !== '').map(({ heading, text }) => {
    const before = known.added.find((each) => each.heading === heading && each.text === text);
    if (!before) changed.push(heading);
    return before ?? { heading, text, actor, at };
  });
  return { edits: { ...NO_EDITS, sections, added }, changed };
}

/** Second-level headings outside of code divide a postmortem; what stands before the first is the title. */
function sectionsIn(markdown: string): Array<{ heading: string; text: string }> {
  const found: Array<{ heading: string; lines: string[] }> = [];
  let fence: string | undefined;
  for (const line of markdown.replace(/\r\n?/g, '\n').split('\n')) {
    const [, ticks] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (ticks) fence = fence === undefined ? ticks : line.trim().startsWith(fence) && line.trim().replace(/[`~]/g, '') === '' ? undefined : fence;
    const heading = fence === undefined ? /^## +(.+?) *$/.exec(line)?.[1] : undefined;
    if (heading !== undefined) found.push({ heading, lines: [] });
    else found.at(-1)?.lines.push(line);
  }
  return found.map(({ heading, lines }) => ({ heading, text: ownPart(lines.join('\n')) }));
}

function ownPart(content: string): string {
  return (content.split(MARK)[0] ?? '').trim();
}

function idOf(heading: string): SectionId | undefined {
  return (Object.keys(HEADINGS) as SectionId[]).find((id) => HEADINGS[id].en === heading || HEADINGS[id].ko === heading);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

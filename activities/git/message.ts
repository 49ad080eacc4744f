import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { DesiredEdit, FixStory, ObjectEdits, PermanentFixSpec } from '../../workflows/contracts';
import { plainLine } from '../redact';
import { nameOf } from './layout';

const LONGEST_SUBJECT = 72;
const LONGEST_LINE = 300;
const MOST_EVIDENCE = 8;
/** Git's trailers: by them a commit on a branch is known as ours, and as made for this change. */
const FIX = 'Nightshift-Fix';
const CHANGE = 'Nightshift-Change';

export function branchOf(publicId: string, fix: string): string {
  return `nightshift/${publicId}/${fix}`;
}

/** Tells one change from another. */
export function digestOf(change: readonly ObjectEdits[]): string {
  return createHash('sha256').update(canonicalize(change) ?? '').digest('hex').slice(0, 16);
}

/** In English, as the rest of a repository; free of secrets, escapes and line breaks from outside. */
export function commitMessage(publicId: string, fix: PermanentFixSpec, story: FixStory, change: readonly ObjectEdits[]): string {
  const line = (text: string) => plainLine(text, LONGEST_LINE);
  const subject = plainLine(fix.title.en, LONGEST_SUBJECT);
  const paragraphs = [
    subject,
    line(fix.description.en),
    [`Incident ${publicId}: ${line(story.title.en)}`, ...(story.cause ? [`Root cause: ${line(story.cause.en)}`] : []), ...(story.recurrences.length > 0 ? [`It has happened before: ${story.recurrences.join(', ')}`] : []), ...(story.url ? [line(story.url)] : [])].join('\n'),
    ...(story.evidence.length > 0 ? [['Evidence:', ...story.evidence.slice(0, MOST_EVIDENCE).map((sentence) => `- ${line(sentence)}`)].join('\n')] : []),
    ['Change:', ...change.flatMap((one) => linesOf(one).map((text) => `- ${line(text)}`))].join('\n'),
    [`${FIX}: ${publicId}/${fix.id}`, `${CHANGE}: ${digestOf(change)}`].join('\n'),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** What a commit's trailers say of it; undefined where it is not ours. */
export function trailersOf(message: string): { fix: string; change: string } | undefined {
  const [, fix] = new RegExp(`^${FIX}: (.+)$`, 'm').exec(message) ?? [];
  const [, change] = new RegExp(`^${CHANGE}: (.+)$`, 'm').exec(message) ?? [];
  return fix !== undefined && change !== undefined ? { fix, change } : undefined;
}

export function linesOf({ object, edits, manifest }: ObjectEdits): string[] {
  const name = nameOf(object);
  return [...(manifest ? [`${name} is there`] : []), ...edits.map((edit) => `${name} ${edit.path}: ${whatOf(edit)}`)];
}

function whatOf(edit: DesiredEdit): string {
  if ('remove' in edit) return 'goes';
  if ('add' in edit) return `has ${edit.add}`;
  if ('atLeast' in edit) return `is at least ${edit.atLeast}`;
  return 'from' in edit && edit.from !== undefined ? `${shown(edit.from)} → ${shown(edit.to)}` : `is ${shown(edit.to)}`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.includes('\n') ? 'a text of several lines' : text;
}

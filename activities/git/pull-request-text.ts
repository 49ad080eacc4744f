import type { ObjectEdits, PublishFixRequest } from '../../workflows/contracts';
import { plainLine } from '../redact';
import type { PullRequestText } from './gateway';
import { linesOf } from './message';

const LONGEST = 300;

/** Markdown for whoever reviews it: what, why, what was seen, and how it is proved. */
export function pullRequestText({ publicId, fix, story }: PublishFixRequest, branch: string, change: readonly ObjectEdits[]): PullRequestText {
  const line = (text: string) => inert(plainLine(text, LONGEST));
  const again = story.recurrences.length > 0 ? [`**It has happened before:** ${story.recurrences.join(', ')}`] : [];
  const body = [
    line(fix.description.en),
    [`**Incident** [${publicId}](${story.url}): ${line(story.title.en)}`, ...(story.cause ? [`**Root cause:** ${line(story.cause.en)}`] : []), ...again].join('  \n'),
    ['### Change', ...change.flatMap((one) => linesOf(one).map((text) => `- ${line(text)}`))].join('\n'),
    ...(story.evidence.length > 0 ? [['### Evidence', ...story.evidence.slice(0, 8).map((sentence) => `- ${line(sentence)}`)].join('\n')] : []),
    'Close it without merging, with a comment that says why, and the fix counts as declined.',
  ];
  return { branch, title: plainLine(fix.title.en, 100), body: body.join('\n\n') };
}

/** Text from outside mentions nobody, links nowhere and is no markup. */
function inert(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/g, '\\$&').replaceAll('@', '@\u200b');
}

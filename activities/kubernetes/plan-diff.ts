import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import type { FieldChange, Json, PlannedStep } from '../../workflows/contracts';
import { cut, redact } from '../redact';
import { nameStep } from './changes';

/** A plan lives in a history: what is longer is cut, the steps themselves stay whole. */
const LONGEST_DIFF = 16_000;

/** The plan's changes for people: a unified diff where something is changed, a line where something goes. */
export function diffOf(steps: readonly PlannedStep[]): string {
  return cut(redact(steps.map(diffOfStep).join('\n')), LONGEST_DIFF);
}

function diffOfStep(step: PlannedStep): string {
  const name = nameStep(step);
  switch (step.action) {
    case 'evict':
    case 'delete':
      return `- ${name} (uid ${step.object.uid ?? 'as found'})`;
    case 'reload':
      return `~ ${name}: POST :${step.port}${step.path}`;
    case 'keepSecret':
      return `+ ${name}: keeps what ${step.copyOf.name} holds now (${step.keys.map(({ key }) => key).join(', ') || 'no key'}), for undoing`;
    case 'fillSecret':
      // Digests say that a value changes, and nothing else.
      return step.keys.map(({ key, old, new: wanted }) => unified(`${name} /data/${key}`, old ? `${old}\n` : '', wanted ? `${wanted}\n` : '')).join('\n');
    case 'create':
      return unified(name, '', stringify(step.manifest));
    case 'patch':
      return step.changes.map((change) => unified(`${name} ${change.path}`, ...sidesOf(change))).join('\n');
  }
}

function sidesOf(change: FieldChange): [string, string] {
  return [show(change.old), show(change.new)];
}

function show(value: Json | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? `${value.trimEnd()}\n` : stringify(value);
}

function unified(name: string, before: string, after: string): string {
  const [, ...lines] = createTwoFilesPatch(`${name} (now)`, `${name} (planned)`, before, after, '', '', { context: 3 }).split('\n');
  return lines.filter((line) => !line.startsWith('\\ No newline')).map((line) => line.replace(/\t$/, '')).join('\n').trimEnd();
}

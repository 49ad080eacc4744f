import { createInterface } from 'node:readline/promises';
import type { Locale, Text } from '../../workflows/contracts';
import { CommandError, EXIT } from './exit';

/** Control characters, ANSI escapes and text-direction overrides: what comes from outside must not steer a terminal. */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside, safe to print; line breaks and tabs stay. */
export function safe(text: string): string {
  return text.replace(STEERING, '');
}

/** The same for places that take one line. */
export function oneLine(text: string): string {
  return safe(text).replace(/\s+/g, ' ').trim();
}

/** Hangul and the other scripts that take two columns a character. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;

/** The colours that views put around texts; the only escapes that reach the terminal, put on after texts were made safe. */
// eslint-disable-next-line no-control-regex -- escapes are what it is about
const COLOUR = /\u001b\[\d+m/g;

/** Columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text.replace(COLOUR, '')) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

/** Breaks a text that is safe at white space into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (columnsOf(longer) <= width || !line) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line ? [...lines, line] : lines;
}

/** At most 100: longer lines are not read at night. */
export function terminalWidth(): number {
  return Math.min(process.stdout.columns || 100, 100);
}

/** The language of texts for people: NIGHTSHIFT_LOCALE, or the terminal's. */
export function localeOf(env: NodeJS.ProcessEnv = process.env): Locale {
  return (env['NIGHTSHIFT_LOCALE'] ?? env['LC_ALL'] ?? env['LANG'] ?? '').startsWith('ko') ? 'ko' : 'en';
}

/** A text for people, in their language and safe to print on one line. */
export type Say = (text: Text) => string;

export function inLanguage(locale: Locale): Say {
  return (text) => oneLine(text[locale]);
}

/** In the terminal's language. */
export const say: Say = (text) => inLanguage(localeOf())(text);

/** JSON for scripts; what could steer a terminal is escaped. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2).replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** @throws CommandError where nobody can answer a question */
export function requireSomebody(): void {
  if (!process.stdin.isTTY) throw new CommandError('Nobody is there to answer: add --yes to go ahead without asking.', EXIT.wrongUse);
}

/** @throws CommandError where nobody can answer */
export async function confirm(question: string): Promise<boolean> {
  requireSomebody();
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y|yes|예|네)$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

const MINUTE = 60_000;
const UNITS: ReadonlyArray<[name: string, ms: number]> = [
  ['d', 24 * 60 * MINUTE],
  ['h', 60 * MINUTE],
  ['min', MINUTE],
  ['s', 1000],
];

/** `3 min`, `2 h`: one unit, rounded down. */
export function span(milliseconds: number): string {
  const [name, unit] = UNITS.find(([, size]) => milliseconds >= size) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(milliseconds / unit))} ${name}`;
}

/** `03:12:40 UTC (3 min ago)`; with the date when it was not today. */
export function moment(at: string, now = Date.now()): string {
  const ago = now - Date.parse(at);
  if (Number.isNaN(ago)) return oneLine(at);
  const sameDay = dayOf(now - ago) === dayOf(now);
  return `${clockTime(at, !sameDay)} (${ago >= 0 ? `${span(ago)} ago` : `in ${span(-ago)}`})`;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** In UTC, as everything that incidents and records say, and always with its name: whoever reads it may be anywhere. */
export function clockTime(at: string, withDate = false): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return oneLine(at);
  const [day, clock] = time.toISOString().slice(0, 19).split('T');
  return `${withDate ? `${day} ` : ''}${clock} UTC`;
}

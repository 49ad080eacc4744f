/** Text from outside (labels, logs, notes, names) becomes inert Markdown: it can neither format, link, nor hold HTML. */

// eslint-disable-next-line no-control-regex -- finding control characters is what this is for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** One line of plain text, safe inside a paragraph, a list item or a table cell. */
export function escape(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    // Within a word an underscore is just an underscore, and reads better without a backslash.
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    // GitHub links bare addresses by itself.
    .replace(/:\/\//g, ':\\/\\/')
    .replace(/\bwww\./gi, (match) => `${match.slice(0, -1)}\\.`)
    .replace(/^[#+=-]/, '\\$&')
    // "1." begins a list; "0.99" does not, and a backslash before a figure would be seen.
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');
}

/** Text without line breaks, and without the characters that steer a terminal or turn the direction of reading. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, ' ').trim();
}

/** A name in a code span, where Markdown means nothing. */
export function code(text: string): string {
  const clean = oneLine(text);
  if (clean === '') return '';
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = longest > 0 ? ' ' : '';
  // Only in tables a pipe has to be escaped, and there it is unescaped again inside code.
  return `${fence}${padding}${clean}${padding}${fence}`;
}

/** A block of lines as they are. */
export function block(content: string, language = ''): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  // eslint-disable-next-line no-control-regex -- as above; line breaks and tabs stay
  const clean = content.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '').trimEnd();
  return `${fence}${language}\n${clean}\n${fence}`;
}

/** Cells are Markdown already; a pipe behind an even number of backslashes would end one. */
export function table(columns: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/(?<!\\)((?:\\\\)*)\|/g, '$1\\|') || ' ').join(' | ')} |`;
  return [line(columns), `|${columns.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

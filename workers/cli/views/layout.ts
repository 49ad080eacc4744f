import { columnsOf, terminalWidth, wrap } from '../terminal';

const LABEL_COLUMNS = 10;

/** A label in the left column and a wrapped text, safe to print and perhaps coloured, beside it; nothing where there is no text. */
export function field(label: string, text: string | undefined): string[] {
  if (!text) return [];
  const lines = wrap(text, terminalWidth() - LABEL_COLUMNS);
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(LABEL_COLUMNS)}${line}`);
}

/** One item of a list below a label: a mark, then the wrapped text. */
export function item(mark: string, text: string): string[] {
  const indent = ' '.repeat(LABEL_COLUMNS);
  const hanging = ' '.repeat(columnsOf(mark) + 1);
  const lines = wrap(text, terminalWidth() - LABEL_COLUMNS - hanging.length);
  return lines.map((line, index) => `${indent}${index === 0 ? `${mark} ` : hanging}${line}`);
}

/** A label with items below it, the first one beside it; `more` says how many were left out. */
export function list(label: string, items: ReadonlyArray<readonly [mark: string, text: string]>, most = items.length): string[] {
  const lines = items.slice(0, most).flatMap(([mark, text]) => item(mark, text));
  if (items.length > most) lines.push(...item('…', `${items.length - most} more`));
  const [first, ...rest] = lines;
  return first === undefined ? [] : [`${label.padEnd(LABEL_COLUMNS)}${first.slice(LABEL_COLUMNS)}`, ...rest];
}

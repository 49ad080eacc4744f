/**
 * A text as a string literal of Temporal's visibility query. Its parser is MySQL's: a backslash escapes what follows, so
 * that doubling the quotes alone would let `\'` end the literal early (shown on server 1.32).
 */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

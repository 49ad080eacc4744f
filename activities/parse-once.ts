/**
 * Parses a text once, however often it is asked for: YAML of the size of a runbook takes a good part of a second.
 * @param most texts that are remembered; the oldest goes first
 * @returns the same value for the same text; nobody may change it
 */
export function parseOnce<T>(parse: (text: string) => T, most = 64): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = parse(text);
    if (known.size >= most) known.delete(known.keys().next().value as string);
    known.set(text, value);
    return value;
  };
}

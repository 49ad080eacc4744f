/**
 * What a lab may have besides its core, which is the write path and what watches it. Each part costs memory and a few
 * seconds, so a lab has the parts that it is asked for. A part's manifests are in `manifests/<part>/`; a file there
 * replaces the core's of the same name.
 */
export const PARTS = {
  'query-path': { title: 'Thanos Store, Compactor, Query Frontend with memcached, and Ruler', rules: ['thanos-query-path.yaml', 'thanos-ruler.yaml'] },
  grafana: { title: 'Grafana’s stand-in behind an Ingress, probed from outside', rules: ['grafana.yaml'] },
  operator: { title: 'prometheus-operator, its CRDs, and an agent that it owns', rules: ['prometheus-operator.yaml', 'global/operated-jobs.yaml'] },
} as const satisfies Readonly<Record<string, LabPart>>;

interface LabPart {
  readonly title: string;
  /** Shipped rule files that are about this part, and would fire where it is not. */
  readonly rules: readonly string[];
}

export type PartName = keyof typeof PARTS;

export const PART_NAMES = Object.keys(PARTS) as [PartName, ...PartName[]];

/** `all`, or names separated by commas; in the order of PARTS. @throws RangeError for an unknown name */
export function parseParts(text: string): PartName[] {
  if (text === 'all') return PART_NAMES;
  const names = text.split(',').map((name) => name.trim()).filter((name) => name !== '');
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new RangeError(`${unknown.join(', ')}: a lab's parts are ${PART_NAMES.join(', ')}, or "all".`);
  return PART_NAMES.filter((name) => names.includes(name));
}

/** The parts that any of these needs, in the order of PARTS. */
export function neededBy(items: ReadonlyArray<{ needs: readonly PartName[] }>): PartName[] {
  return PART_NAMES.filter((part) => items.some(({ needs }) => needs.includes(part)));
}

/** Whether a shipped rule file belongs into a lab of these parts. */
export function hasRulesFor(file: string, parts: readonly PartName[]): boolean {
  const owner = PART_NAMES.find((name) => (PARTS[name].rules as readonly string[]).includes(file));
  return owner === undefined || parts.includes(owner);
}

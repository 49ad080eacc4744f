/** A mutation run judges thousands of mutants, each by its tests: there a twentieth of the cases has to do. */
const SHARE = Number(process.env['NIGHTSHIFT_PROPERTY_SHARE'] ?? 1);

/** How many cases fast-check tries: `{ numRuns }`. */
export function cases(whole: number): { numRuns: number } {
  return { numRuns: Math.ceil(whole * SHARE) };
}

/**
 * The part of the cases that is tried: all of them in `npm run test:property`; two fifths in `npm test`, ten thousand in
 * all; and a twentieth where thousands of mutants are judged (infra/mutation).
 */
const SHARE = Number(process.env['NIGHTSHIFT_PROPERTY_SHARE'] ?? 0.4);

/** How many cases fast-check tries. */
export function cases(whole: number): { numRuns: number } {
  return { numRuns: Math.ceil(whole * SHARE) };
}

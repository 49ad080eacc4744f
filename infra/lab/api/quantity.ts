/** Suffixes of Kubernetes' quantities; both the binary and the decimal ones are in use. */
const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A quantity such as `64Mi` or `500m` as a number of bytes or cores. @throws RangeError for what is none */
export function quantity(text: string): number {
  const match = /^([0-9.]+(?:e[0-9]+)?)([A-Za-z]*)$/.exec(text.trim());
  const value = Number(match?.[1]) * (FACTORS[match?.[2] ?? ''] ?? NaN);
  if (!Number.isFinite(value)) throw new RangeError(`"${text}" is not a Kubernetes quantity (such as 64Mi or 500m)`);
  return value;
}

const FACTOR = 8;

/** How much longer eight times as much takes, the quickest of three each: about 8 where time grows with the size, 64 where it grows with its square. */
export function growthOfTime(work: (size: number) => void, small: number): number {
  const quickest = (size: number) => Math.min(...Array.from({ length: 3 }, () => {
    const began = process.hrtime.bigint();
    work(size);
    return Number(process.hrtime.bigint() - began);
  }));
  work(small);
  return quickest(small * FACTOR) / quickest(small);
}

const FACTOR = 8;

/** Of this process, in microseconds: a machine that does something else meanwhile does not count. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** How much longer eight times as much takes, the quickest of three each: about 8 where time grows with the size, 64 where it grows with its square. */
export function growthOfTime(work: (size: number) => void, small: number): number {
  const quickest = (size: number) => Math.min(...Array.from({ length: 3 }, () => {
    const began = cpuTime();
    work(size);
    return cpuTime() - began;
  }));
  work(small);
  work(small * FACTOR);
  return quickest(small * FACTOR) / quickest(small);
}

import { z } from 'zod';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `10m`, `4h`, `500ms`; becomes milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'expected a duration such as 30s, 10m or 4h')
  .transform((text) => Number.parseFloat(text) * UNITS[/[a-z]+$/.exec(text)?.[0] as keyof typeof UNITS]);

/** Goes into workflow IDs, queue names and file names. */
export const name = z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'expected letters, digits, dots, dashes and underscores, at most 63');

export const timeZone = z.string().refine(isTimeZone, 'expected an IANA time zone such as Asia/Seoul or UTC');

function isTimeZone(zone: string): boolean {
  try {
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }).format(0) !== '';
  } catch {
    // RangeError: there is no such zone.
    return false;
  }
}

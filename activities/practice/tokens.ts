import type { Json } from '../../workflows/contracts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Examples are played at any time and name no hash, so they may say `$ago(5m)` for a time and `$updateRevision` for the
 * newest revision of the StatefulSet that owns a pod.
 */
export function fillTokens(value: Json, now: Date, updateRevision: string): Json {
  if (typeof value === 'string') {
    return value
      .replace(/\$ago\((\d+)([smhd])\)/g, (_, amount: string, unit: keyof typeof UNITS) => new Date(now.getTime() - Number(amount) * UNITS[unit]).toISOString())
      .replaceAll('$updateRevision', updateRevision);
  }
  if (Array.isArray(value)) return value.map((item) => fillTokens(item, now, updateRevision));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillTokens(inner, now, updateRevision)]));
}

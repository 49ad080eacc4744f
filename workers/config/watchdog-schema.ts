import { z } from 'zod';
import type { Maintenance, WatchdogConfig } from '../../activities/configuration/maintenance';
import { freeze, oneOrMany, window } from './policy-schema';
import { duration } from './values';

const TEN_MINUTES = 600_000;

/** Hours that come again, or a stretch of the calendar, in which silence is planned. */
const maintenance = z
  .strictObject({ reason: z.string().min(1).max(200), window: oneOrMany(window).optional(), period: oneOrMany(freeze).optional() })
  .refine(({ window, period }) => window !== undefined || period !== undefined, { error: 'say when: window (hours that come again) or period (a stretch of the calendar)' })
  .transform(({ reason, window = [], period = [] }): Maintenance => ({ reason, windows: window, periods: period }));

/** Alertmanager sends a heartbeat every minute or so; below a few of them every hiccup would be an incident. */
export const watchdog = z
  .strictObject({ tolerate: duration.default(TEN_MINUTES).refine((ms) => ms >= 1_000, 'expected one second at least'), maintenance: z.array(maintenance).default([]) })
  .transform(({ tolerate, maintenance: planned }): WatchdogConfig => ({ tolerateMs: tolerate, maintenance: planned }));

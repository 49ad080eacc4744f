import { z } from 'zod';
import type { FreezePeriod, PolicyRule, Requirement, TimeWindow } from '../../workflows/contracts';
import { INCIDENT_CLASSES, RISKS } from '../../workflows/contracts/vocabulary';
import { WEEKDAYS } from '../../workflows/contracts/policy';
import { duration, name, timeZone } from './values';

/** Those whose decisions the gateway takes at all. */
const roles = z.array(z.enum(['approver', 'admin'])).min(1);
const people = z.array(name).min(1);

/** Who may decide: with nothing said, approvers and admins; with people named, they alone, unless roles are given, too. */
const deciders = { roles: roles.optional(), people: people.optional() };

const breakGlass = z
  .strictObject({ approvers: z.int().min(1).max(5).default(1), ...deciders })
  .transform(({ approvers, roles, people }) => ({ approvers, roles: roles ?? (people ? [] : ['admin' as const]), ...(people && { people }) }));

const approval = z
  .strictObject({
    approvers: z.int().min(1).max(5),
    ...deciders,
    deputies: z.record(name, people).optional(),
    within: duration.optional(),
    otherwise: z.enum(['hand-over', 'automatic']).optional(),
  })
  .superRefine(({ people = [], deputies = {}, otherwise, within }, context) => {
    for (const person of Object.keys(deputies)) {
      if (!people.includes(person)) context.addIssue({ code: 'custom', path: ['deputies', person], message: `${person} is not one of the people; name them there, too` });
    }
    if (otherwise === 'automatic' && within === undefined) context.addIssue({ code: 'custom', path: ['otherwise'], message: 'say with `within` how long people have, such as within: 30m' });
  })
  .transform(({ approvers, roles, people, deputies, within, otherwise }): Requirement => ({
    kind: 'approval',
    approvers,
    roles: roles ?? (people ? [] : ['approver', 'admin']),
    ...(people && { people }),
    ...(deputies && { deputies }),
    ...(within !== undefined && { deadlineMs: within }),
    ...(otherwise === 'automatic' && { atDeadline: otherwise }),
  }));

const word = z
  .enum(['automatic', 'never', 'observe-only'], { error: 'expected automatic, never, observe-only, or { approvers: 1 }' })
  .transform((kind): Requirement => ({ kind }));

/** A word or who approves. Chosen by what is there and not by a union, so that a fault inside is named where it is. */
export const requirement = z.unknown().transform((given, context): Requirement => {
  const checked = (typeof given === 'object' && given !== null ? approval : word).safeParse(given);
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues) context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue);
  return z.NEVER;
});

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as "09:00", in quotes');
const calendarDay = z.string().refine(isDay, 'expected a date such as 2026-12-20, or a time such as 2026-12-20T18:00');

export const window = z.strictObject({ days: oneOrMany(z.enum(WEEKDAYS)).optional(), from: timeOfDay, to: timeOfDay, timeZone }).transform(({ days, ...rest }): TimeWindow => ({ ...rest, ...(days && { days }) }));

export const freeze = z
  .strictObject({ from: calendarDay, until: calendarDay, timeZone })
  .refine(({ from, until }) => from <= until, { path: ['until'], error: 'it is before `from`: exchange them' }) satisfies z.ZodType<FreezePeriod>;

const when = z.strictObject({
  risk: oneOrMany(z.enum(RISKS)).optional(),
  class: oneOrMany(z.enum(INCIDENT_CLASSES)).optional(),
  cluster: oneOrMany(name).optional(),
  severity: oneOrMany(z.string().min(1)).optional(),
  window: oneOrMany(window).optional(),
  freeze: oneOrMany(freeze).optional(),
});

const rule = z
  .strictObject({ name: z.string().min(1).max(80), when: when.default({}), then: requirement, breakGlass: breakGlass.optional() })
  .superRefine(({ when: { risk }, then, breakGlass }, context) => {
    if (breakGlass && (then.kind === 'automatic' || then.kind === 'observe-only')) context.addIssue({ code: 'custom', path: ['breakGlass'], message: 'there is glass to break only where `then` is never or names approvers' });
    if (then.kind === 'approval' && then.atDeadline && (risk?.length !== 1 || risk[0] !== 'safe')) context.addIssue({ code: 'custom', path: ['then', 'otherwise'], message: 'only what is safe may go ahead by itself: add risk: safe to `when`, or say hand-over' });
  })
  .transform(({ name, when, then, breakGlass }): PolicyRule => {
    const glass = breakGlass && (then.kind === 'never' || then.kind === 'approval') ? { breakGlass } : {};
    return { name, when: Object.fromEntries(Object.entries(when).filter(([, wanted]) => wanted !== undefined)), then: { ...then, ...glass } };
  });

/** In order; the first that applies decides. Names are what the timeline, `policy explain` and refusals say. */
const rules = z
  .array(rule)
  .default([])
  .superRefine((all, context) => {
    for (const [index, { name }] of all.entries()) {
      if (all.findIndex((other) => other.name === name) < index) context.addIssue({ code: 'custom', path: [index, 'name'], message: `the name ${name} is used twice; names must differ` });
    }
  });

/** One cluster's: its rules, and the table by risk for what no rule claims. */
export const clusterPolicy = z.strictObject({ safe: requirement.optional(), disruptive: requirement.optional(), destructive: requirement.optional(), rules });

/** Everybody's: rules that come before each cluster's own. */
export const commonPolicy = z.strictObject({ rules });

export function oneOrMany<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((given) => (Array.isArray(given) || given === undefined ? given : [given]), z.array(schema).min(1));
}

/** 31 February is no day; Date would make one of March of it. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}(T([01]\d|2[0-3]):[0-5]\d)?$/.test(text)) return false;
  const day = text.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

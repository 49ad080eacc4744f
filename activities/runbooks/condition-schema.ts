import { z } from 'zod';
import type { Condition } from '../../workflows/contracts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const element = z.union([z.string(), z.number()]);

/** Operator → what it is compared with. The order is the order in which help texts list them. */
const OPERATORS = {
  is: scalar.describe('The field has exactly this value.'),
  isNot: scalar.describe('The field has any other value than this.'),
  includes: element.describe('The field is a list that holds this value, or a text that contains it.'),
  excludes: element.describe('The field is a list without this value, or a text that does not contain it.'),
  above: z.number().describe('The field is a number greater than this.'),
  atLeast: z.number().describe('The field is this number or a greater one.'),
  below: z.number().describe('The field is a number less than this.'),
  atMost: z.number().describe('The field is this number or a smaller one.'),
  isEmpty: z.boolean().describe('true: the field is an empty list, an empty text or null; false: it is not.'),
} as const;

export const OPERATOR_NAMES = Object.keys(OPERATORS);
/** The key by which a reader, and an error message, knows which form of a condition is meant; in the order of the union. */
export const CONDITION_FORMS = ['all', 'any', 'not', ...OPERATOR_NAMES];

const comparisons = Object.entries(OPERATORS).map(([operator, value]) =>
  z.strictObject({
    probe: z.string().describe('Id of a probe of this runbook.'),
    field: z.string().describe('A field that the probe answers with; `nightshift runbook explain` lists them.'),
    [operator]: value,
  }),
);

let forms: z.ZodType<Condition> | undefined;

/** Made once, when first needed: the forms contain conditions themselves. */
function conditionForms(): z.ZodType<Condition> {
  forms ??= z.union([
    z.strictObject({ all: z.array(conditionSchema).min(1).describe('Every one of these holds.') }),
    z.strictObject({ any: z.array(conditionSchema).min(1).describe('At least one of these holds.') }),
    z.strictObject({ not: conditionSchema }),
    ...comparisons,
  ]) as unknown as z.ZodType<Condition>;
  return forms;
}

/** The rule language: all, any, not, and a comparison over one field of one probe's answer. */
export const conditionSchema: z.ZodType<Condition> = z
  .lazy(conditionForms)
  .meta({ id: 'Condition', description: `A rule over evidence: all, any, not, or {probe, field, <operator>: value} with one of ${OPERATOR_NAMES.join(', ')}.` });

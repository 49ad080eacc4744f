import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../lab/paths';
import { SETS, type DrillSet } from './sets';
import { targets } from '../../workers/config/schema';
import { IMPACTS, INCIDENT_CLASSES, OUTCOMES, RISKS } from '../../workflows/contracts/vocabulary';

const answer = z.strictObject({
  set: z.enum(SETS),
  class: z.enum(INCIDENT_CLASSES).optional(),
  /** The right cause; several where more than one of the runbooks' causes says the same. The first is the name of it. */
  cause: z.union([z.string().transform((id) => [id]), z.array(z.string()).min(1)]),
  /** `action Kind` of each step of the first plan, in order; whatever helps counts where absent. */
  steps: z.array(z.string()).optional(),
  risk: z.enum(RISKS).optional(),
  forbidden: z.array(z.string()),
  impact: z.enum(IMPACTS).optional(),
  /** How the cluster is configured whose objects the fault is about, where that is not by the default names. */
  targets: targets.optional(),
  /** Those that are right; `recovered` where absent. */
  outcome: z.array(z.enum(OUTCOMES)).min(1).default(['recovered']),
});

export type Answer = z.output<typeof answer>;

/** As `targets` of a cluster in `nightshift.yaml`. */
export type DrillTargets = z.output<typeof targets>;

/** The right answer to each fault, of one set or of all. @throws ZodError naming the fault and the field */
export function loadAnswers(set?: DrillSet): Record<string, Answer> {
  const file = path.join(projectRoot(), 'infra', 'drill', 'answers.yaml');
  const answers = z.record(z.string(), answer).parse(parse(readFileSync(file, 'utf8')));
  return set === undefined ? answers : Object.fromEntries(Object.entries(answers).filter(([, item]) => item.set === set));
}

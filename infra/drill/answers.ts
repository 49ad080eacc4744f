import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../lab/paths';
import { IMPACTS, RISKS } from '../../workflows/contracts/vocabulary';

const answer = z.strictObject({
  cause: z.string(),
  /** `action Kind` of each step, in order. */
  steps: z.array(z.string()),
  risk: z.enum(RISKS).optional(),
  forbidden: z.array(z.string()),
  impact: z.enum(IMPACTS),
});

export type Answer = z.output<typeof answer>;

/** The right answer to each fault. @throws ZodError naming the fault and the field */
export function loadAnswers(): Record<string, Answer> {
  const file = path.join(projectRoot(), 'infra', 'drill', 'answers.yaml');
  return z.record(z.string(), answer).parse(parse(readFileSync(file, 'utf8')));
}

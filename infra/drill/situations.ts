import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../project';

/** The situations of a file beside this one, by ID. @throws ZodError naming situation and field */
export function situationsIn<Situation extends z.ZodType>(file: string, situation: Situation): Record<string, z.output<Situation>> {
  return z.record(z.string(), situation).parse(parse(readFileSync(path.join(projectRoot(), 'infra', 'drill', file), 'utf8')));
}

/** One value, or several of which each is right. */
export const oneOrMore = <Value extends z.ZodType>(value: Value) => z.union([value.transform((one) => [one]), z.array(value).min(1)]);

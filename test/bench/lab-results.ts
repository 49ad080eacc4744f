import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../infra/project';
import { table } from './table';

/** Absent or null: the incident did not get there. */
const seconds = z.number().nonnegative().nullish();

/**
 * What a drill on the lab writes: one entry per fault, all times in seconds from the moment the fault was injected. `factor`
 * is the time factor of the lab's own windows (Alertmanager's group wait, stability window): 1 is real time.
 */
const labResults = z.array(
  z.object({
    fault: z.string(),
    seed: z.union([z.string(), z.number()]),
    alertSeconds: seconds,
    causeSeconds: seconds,
    planSeconds: seconds,
    recoveredSeconds: seconds,
    factor: z.number().positive(),
  }),
);
export type LabResult = z.input<typeof labResults>[number];

/** What the people who page for this pipeline ask for, from the alert. */
const TARGETS = { cause: 5 * 60, recovered: 15 * 60 };

/** The last section: from fault to recovery, beside the targets. @throws Error when a named file is not as it should be */
export function labSection(file: string | undefined): string {
  if (file) return fromFile(file);
  const report = path.join('infra', 'docs', 'drills.md');
  return existsSync(path.join(projectRoot(), report)) ? `Faults on the lab, from fault to recovery: ${report}` : 'Faults on the lab: not measured here (npm run drill, then --lab-results <file>)';
}

function fromFile(file: string): string {
  const parsed = labResults.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file} is no drill result: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
  const rows = parsed.data.map(({ fault, seed, alertSeconds, causeSeconds, planSeconds, recoveredSeconds, factor }) => {
    const since = (at: number | null | undefined) => (typeof at === 'number' ? at - (alertSeconds ?? 0) : undefined);
    return [fault, String(seed), show(alertSeconds), show(causeSeconds), show(planSeconds), show(recoveredSeconds), within(since(causeSeconds), TARGETS.cause), within(since(recoveredSeconds), TARGETS.recovered), String(factor)];
  });
  return `Faults on the lab, seconds from the fault:\n\n${table(['fault', 'seed', 'alert', 'cause', 'plan', 'recovered', 'cause ≤ 5 min after the alert', 'recovered ≤ 15 min', 'time factor'], rows)}`;
}

function show(value: number | null | undefined): string {
  return typeof value === 'number' ? value.toFixed(1) : '–';
}

function within(value: number | undefined, target: number): string {
  if (value === undefined) return '–';
  return value <= target ? 'ok' : 'MISSED';
}

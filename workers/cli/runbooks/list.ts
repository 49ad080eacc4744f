import { z } from 'zod';
import { probes, remedies } from '../../../activities/registry';
import type { Runbook } from '../../../workflows/contracts';
import { printJson, say } from '../terminal';
import { field, list } from '../views/layout';
import { loadFiles, type RunbookOptions } from './shelf';

interface Input {
  name: string;
  needed: boolean;
  text: string;
}

export function listCommand(options: RunbookOptions & { probes?: boolean; remedies?: boolean; examples?: boolean }): void {
  if (options.probes) return printProbes(options);
  if (options.remedies) return printRemedies(options);
  if (options.examples) return printExamples(options);
  printRunbooks(options);
}

function printRunbooks(options: RunbookOptions): void {
  const loaded = loadFiles([], options);
  const rows = loaded.map((item) => (item.valid ? { id: item.fileClass, file: item.file, valid: true, ...outlineOf(item.runbook) } : { id: item.fileClass, file: item.file, valid: false, problems: item.problems.length }));
  if (options.json) return printJson({ runbooks: rows });
  for (const row of rows) console.log('title' in row ? `${row.id}  ${say(row.title)}: ${row.causes} causes, ${row.remedies} remedies, ${row.examples} examples` : `${row.id}  broken: ${row.problems} problems (npx nightshift runbook check ${row.file})`);
}

function outlineOf({ title, revision, causes, remedies: known, examples }: Runbook) {
  return { title, revision, causes: causes.length, remedies: known.length, examples: examples.length };
}

function printExamples(options: RunbookOptions): void {
  const examples = loadFiles([], options).flatMap((loaded) => (loaded.valid ? loaded.runbook.examples.map(({ id, title, practice, expect }) => ({ runbook: loaded.fileClass, id, title, practice, cause: expect.cause })) : []));
  if (options.json) return printJson({ examples });
  for (const { id, title, practice } of examples) console.log(`${practice ? 'play' : '    '}  ${id}: ${say(title)}`);
}

function printProbes(options: RunbookOptions): void {
  const known = Object.values(probes).map(({ use, title, input, fields }) => ({ use, title, input: inputsOf(input), fields }));
  if (options.json) return printJson({ probes: known });
  for (const { use, title, input, fields } of known) {
    console.log([use, ...field('', title), ...list('with', input.map(asItem)), ...list('fields', Object.entries(fields).map(([name, { type, text }]) => ['·', `${name} (${type}): ${text}`] as const)), ''].join('\n'));
  }
}

function printRemedies(options: RunbookOptions): void {
  const known = Object.values(remedies).map(({ use, title, input, mildestRisk }) => ({ use, title, mildestRisk, input: inputsOf(input) }));
  if (options.json) return printJson({ remedies: known });
  for (const { use, title, mildestRisk, input } of known) {
    console.log([use, ...field('', title), ...field('risk', `${mildestRisk}, or worse where the plan finds so`), ...list('with', input.map(asItem)), ''].join('\n'));
  }
}

function asItem({ name, needed, text }: Input): readonly [string, string] {
  return ['·', `${name}${needed ? '' : ' (may be left out)'}: ${text}`];
}

/** The fields of a registered input, from its JSON Schema. */
export function inputsOf(input: z.ZodType): Input[] {
  const schema = z.toJSONSchema(input, { io: 'input' }) as { properties?: Record<string, { description?: string }>; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, { description = '' }]) => ({ name, needed: (schema.required ?? []).includes(name), text: description }));
}


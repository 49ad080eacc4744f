import type { Condition, Runbook } from '../../workflows/contracts';
import type { RunbookCatalog } from './catalog';
import { exampleFindings } from './example-references';
import { parsePattern } from './matcher';
import { formatPath, oneOf, suggest, type Finding, type Path } from './problems';

/** Everything a runbook refers to, checked; the shape has been checked before. */
export function referenceFindings(runbook: Runbook, catalog: RunbookCatalog, fileClass: string): Finding[] {
  return [
    ...nameFindings(runbook, fileClass),
    ...duplicateFindings(runbook),
    ...matcherFindings(runbook),
    ...runbook.probes.flatMap((probe, index) => useFindings('probe', probe, ['probes', index], catalog.probes, runbook.targets)),
    ...runbook.remedies.flatMap((remedy, index) => useFindings('remedy', remedy, ['remedies', index], catalog.remedies, runbook.targets)),
    ...causeFindings(runbook, catalog),
    ...runbook.verify.flatMap((item, index) => conditionFindings(item.condition, ['verify', index, 'condition'], runbook, catalog)),
    ...exampleFindings(runbook, catalog),
  ];
}

function nameFindings(runbook: Runbook, fileClass: string): Finding[] {
  if (runbook.id === fileClass) return [];
  return [{ path: ['id'], what: `\`id\` is ${runbook.id}, but the file is ${fileClass}.yaml`, expected: `${fileClass}`, mend: 'change the id or rename the file' }];
}

const LISTS_WITH_IDS = ['probes', 'causes', 'remedies', 'verify', 'permanentFix', 'examples'] as const;

function duplicateFindings(runbook: Runbook): Finding[] {
  return LISTS_WITH_IDS.flatMap((list) => {
    const items: ReadonlyArray<{ id: string }> = runbook[list];
    return items.flatMap(({ id }, index): Finding[] => {
      const first = items.findIndex((item) => item.id === id);
      if (first === index) return [];
      return [{ path: [list, index, 'id'], what: `\`${id}\` is already the id of ${list}[${first}]`, expected: `an id that is unique in ${list}`, mend: 'rename one of the two' }];
    });
  });
}

function matcherFindings(runbook: Runbook): Finding[] {
  return runbook.match.flatMap((matcher, index) =>
    Object.entries(matcher).flatMap(([label, value]): Finding[] => {
      const pattern = parsePattern(value);
      if (!('fault' in pattern)) return [];
      return [{ path: ['match', index, label], what: pattern.fault, expected: 'a literal value, or a simple regular expression between slashes', mend: 'simplify it, or list the values in matchers of their own' }];
    }),
  );
}

type Used = { id: string; use: string; with: Record<string, unknown> };

function useFindings(kind: 'probe' | 'remedy', item: Used, path: Path, known: RunbookCatalog['probes'] | RunbookCatalog['remedies'], targets: readonly string[]): Finding[] {
  const names = Object.keys(known);
  const registered = names.includes(item.use) ? known[item.use] : undefined;
  if (!registered) {
    return [{ path: [...path, 'use'], what: `no ${kind} is registered as \`${item.use}\``, expected: oneOf(names), mend: suggest(item.use, names, `\`nightshift runbook list --${kind === 'probe' ? 'probes' : 'remedies'}\` says what each does`) }];
  }
  const parsed = registered.input.safeParse(item.with);
  const inputFindings = parsed.success
    ? []
    : parsed.error.issues.map((issue): Finding => ({ path: [...path, 'with', ...issue.path], what: `${formatPath(['with', ...issue.path])} does not suit ${item.use}: ${issue.message}`, expected: `the input of ${item.use}`, mend: `see \`nightshift runbook list --${kind === 'probe' ? 'probes' : 'remedies'}\`` }));
  return [...inputFindings, ...targetFindings(item, path, targets)];
}

/** A role under `with` must be one that the runbook declares: nothing else may be looked at or changed. */
function targetFindings(item: Used, path: Path, targets: readonly string[]): Finding[] {
  const target = item.with['target'];
  if (typeof target !== 'string' || targets.includes(target)) return [];
  return [{ path: [...path, 'with', 'target'], what: `\`${target}\` is not among this runbook's targets`, expected: oneOf(targets), mend: suggest(target, targets, 'add it to `targets`') }];
}

function causeFindings(runbook: Runbook, catalog: RunbookCatalog): Finding[] {
  const remedies = runbook.remedies.map(({ id }) => id);
  const fixes = runbook.permanentFix.map(({ id }) => id);
  const expected = new Set(runbook.examples.map((example) => example.expect.cause));
  return runbook.causes.flatMap((cause, index) => {
    const path = ['causes', index];
    const findings = [
      ...conditionFindings(cause.when, [...path, 'when'], runbook, catalog),
      ...cause.supports.flatMap((condition, at) => conditionFindings(condition, [...path, 'supports', at], runbook, catalog)),
      ...cause.contradicts.flatMap((condition, at) => conditionFindings(condition, [...path, 'contradicts', at], runbook, catalog)),
      ...unknownIds('remedy', cause.remedies, [...path, 'remedies'], remedies),
      ...unknownIds('permanent fix', cause.permanentFix, [...path, 'permanentFix'], fixes),
    ];
    if (cause.remedies.length === 0 && !cause.advice) findings.push({ path, what: `cause \`${cause.id}\` has neither remedies nor advice`, expected: 'one of the two', mend: 'say in `advice` what a person should do' });
    if (!expected.has(cause.id)) findings.push({ path: [...path, 'id'], what: `no example expects the cause \`${cause.id}\``, expected: 'at least one example a cause', mend: 'record one under `examples` with `expect: { cause: … }`' });
    return findings;
  });
}

function unknownIds(kind: string, ids: readonly string[], path: Path, known: readonly string[]): Finding[] {
  return ids.flatMap((id, index): Finding[] => (known.includes(id) ? [] : [{ path: [...path, index], what: `there is no ${kind} \`${id}\` in this file`, expected: oneOf(known), mend: suggest(id, known, 'add it or remove the reference') }]));
}

function conditionFindings(condition: Condition, path: Path, runbook: Runbook, catalog: RunbookCatalog): Finding[] {
  if ('all' in condition) return condition.all.flatMap((inner, index) => conditionFindings(inner, [...path, 'all', index], runbook, catalog));
  if ('any' in condition) return condition.any.flatMap((inner, index) => conditionFindings(inner, [...path, 'any', index], runbook, catalog));
  if ('not' in condition) return conditionFindings(condition.not, [...path, 'not'], runbook, catalog);
  const probe = runbook.probes.find(({ id }) => id === condition.probe);
  const probes = runbook.probes.map(({ id }) => id);
  if (!probe) return [{ path: [...path, 'probe'], what: `there is no probe \`${condition.probe}\` in this file`, expected: oneOf(probes), mend: suggest(condition.probe, probes, 'add it under `probes`') }];
  const fields = Object.keys(catalog.probes[probe.use]?.fields ?? {});
  // An unregistered probe has been reported where it is declared.
  if (fields.length === 0 || fields.includes(condition.field)) return [];
  return [{ path: [...path, 'field'], what: `${probe.use} has no field \`${condition.field}\``, expected: oneOf(fields), mend: suggest(condition.field, fields, 'use one of its fields') }];
}

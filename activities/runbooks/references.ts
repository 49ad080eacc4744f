import { z } from 'zod';
import type { Comparison, Condition, JsonObject, ProbeSpec, RemedySpec, Runbook } from '../../workflows/contracts';
import type { FieldDescription } from '../probe';
import type { RunbookCatalog } from './catalog';
import { exampleFindings } from './example-references';
import { parsePattern } from './matcher';
import { oneOf, suggest, type Finding, type Path } from './problems';
import { partFindings, type SchemaNode } from './shape';

/** Everything a runbook refers to, checked; the shape has been checked before. */
export function referenceFindings(runbook: Runbook, catalog: RunbookCatalog, fileClass: string): Finding[] {
  return [
    ...nameFindings(runbook, fileClass),
    ...duplicateFindings(runbook),
    ...matcherFindings(runbook),
    ...runbook.probes.flatMap((probe, index) => probeFindings(probe, ['probes', index], catalog, runbook.targets)),
    ...runbook.remedies.flatMap((remedy, index) => remedyFindings(remedy, ['remedies', index], catalog, runbook.targets)),
    ...causeFindings(runbook, catalog),
    ...changeFindings(runbook),
    ...checklistFindings(runbook, catalog),
    ...runbook.verify.flatMap((item, index) => conditionFindings(item.condition, ['verify', index, 'condition'], runbook, catalog)),
    ...exampleFindings(runbook, catalog),
  ];
}

function nameFindings(runbook: Runbook, fileClass: string): Finding[] {
  if (runbook.id === fileClass) return [];
  return [{ path: ['id'], what: `\`id\` is ${runbook.id}, but the file is ${fileClass}.yaml`, expected: fileClass, mend: 'change the id or rename the file' }];
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

/** What no runbook claims is `unknown`'s, and only that one lays evidence out for a person. */
function checklistFindings(runbook: Runbook, catalog: RunbookCatalog): Finding[] {
  const isUnknown = runbook.id === 'unknown';
  const findings: Finding[] = [];
  if (!isUnknown && runbook.match.length === 0) findings.push({ path: ['match'], what: 'the runbook claims no alert', expected: 'at least one matcher', mend: 'name the alerts that it treats' });
  if (isUnknown && runbook.match.length > 0) findings.push({ path: ['match'], what: '`unknown` claims alerts', expected: 'an empty list: it takes what no other runbook claims', mend: 'move the matchers to the runbook that treats them' });
  if (!isUnknown && runbook.checklists) findings.push({ path: ['checklists'], what: `\`checklists\` in ${runbook.id}`, expected: 'checklists in `unknown` only', mend: 'move them there: they are gone through wherever no cause is certain' });
  const ids = runbook.probes.map(({ id }) => id);
  const lines = (runbook.checklists ?? []).flatMap(({ lines: own }, list) => own.map((line, at) => ({ line, path: ['checklists', list, 'lines', at] })));
  findings.push(...lines.flatMap(({ line, path }) => [...conditionFindings(line.ok, [...path, 'ok'], runbook, catalog), ...unknownIds('probe', line.shows ?? [], [...path, 'shows'], ids)]));
  return findings;
}

type Used = { id: string; use: string; with: JsonObject };

function probeFindings(probe: ProbeSpec, path: Path, catalog: RunbookCatalog, targets: readonly string[]): Finding[] {
  const registered = own(catalog.probes, probe.use);
  if (!registered) return [unregistered('probe', probe.use, path, Object.keys(catalog.probes))];
  const parsed = registered.input.safeParse(probe.with);
  if (!parsed.success) return inputFindings('probe', probe, path, registered, parsed.error.issues);
  const { target, targets: several } = probe.with;
  const roles = [target, ...(Array.isArray(several) ? several : [])].filter((role) => typeof role === 'string');
  return undeclared(roles, [...path, 'with'], targets);
}

function remedyFindings(remedy: RemedySpec, path: Path, catalog: RunbookCatalog, targets: readonly string[]): Finding[] {
  const registered = own(catalog.remedies, remedy.use);
  if (!registered) return [unregistered('remedy', remedy.use, path, Object.keys(catalog.remedies))];
  const parsed = registered.input.safeParse(remedy.with);
  if (!parsed.success) return inputFindings('remedy', remedy, path, registered, parsed.error.issues);
  return undeclared(registered.roles(parsed.data), [...path, 'with'], targets);
}

function unregistered(kind: 'probe' | 'remedy', use: string, path: Path, names: readonly string[]): Finding {
  return { path: [...path, 'use'], what: `no ${kind} is registered as \`${use}\``, expected: oneOf(names), mend: suggest(use, names, LISTS[kind]) };
}

const LISTS = { probe: 'see `npx nightshift runbook list --probes`', remedy: 'see `npx nightshift runbook list --remedies`' } as const;

function inputFindings(kind: 'probe' | 'remedy', item: Used, path: Path, { input }: { input: z.ZodType }, issues: readonly z.core.$ZodIssue[]): Finding[] {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  return partFindings(schema, item.with, [...path, 'with'], issues).map((finding) => ({ ...finding, what: `${finding.what} (${item.use})`, mend: finding.mend.startsWith('did you mean') ? finding.mend : `${finding.mend}; ${LISTS[kind]}` }));
}

/** A role must be one that the runbook declares: nothing else may be looked at or changed. */
function undeclared(roles: readonly string[], path: Path, targets: readonly string[]): Finding[] {
  return roles
    .filter((role) => !targets.includes(role))
    .map((role) => ({ path, what: `\`${role}\` is not among this runbook's targets`, expected: oneOf(targets), mend: suggest(role, targets, 'add it to `targets`') }));
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
    findings.push(...undeclared(cause.about ?? [], [...path, 'about'], runbook.targets));
    if (cause.leadsTo === runbook.id) findings.push({ path: [...path, 'leadsTo'], what: `cause \`${cause.id}\` leads to the class that it is in`, expected: 'another class', mend: 'name its remedies here' });
    if (cause.remedies.length === 0 && !cause.advice) findings.push({ path, what: `cause \`${cause.id}\` has neither remedies nor advice`, expected: 'one of the two', mend: 'say in `advice` what a person should do' });
    if (!expected.has(cause.id)) findings.push({ path: [...path, 'id'], what: `no example expects the cause \`${cause.id}\``, expected: 'at least one example a cause', mend: 'record one under `examples` with `expect: { cause: … }`' });
    return findings;
  });
}

/** A change is of an object that the runbook declares, and takes values from remedies that the runbook has. */
function changeFindings(runbook: Runbook): Finding[] {
  const used = runbook.remedies.map(({ use }) => use);
  return runbook.permanentFix.flatMap(({ change }, index): Finding[] => {
    if (!change) return [];
    const path = ['permanentFix', index, 'change'];
    const foreign = (change.edits ?? []).flatMap(({ given }, at): Finding[] => (!given || used.includes(given.use) ? [] : [{ path: [...path, 'edits', at, 'given', 'use'], what: `no remedy of this runbook uses \`${given.use}\``, expected: oneOf(used), mend: suggest(given.use, used, 'take the value from a remedy of this file') }]));
    return [...undeclared([change.target], [...path, 'target'], runbook.targets), ...foreign];
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
  // An unregistered probe has been reported where it is declared.
  const described = own(catalog.probes, probe.use)?.fields;
  return described ? comparisonFindings(condition, path, probe.use, described) : [];
}

function comparisonFindings(comparison: Comparison, path: Path, use: string, described: Readonly<Record<string, FieldDescription>>): Finding[] {
  const fields = Object.keys(described);
  const field = own(described, comparison.field);
  if (!field) return [{ path: [...path, 'field'], what: `${use} has no field \`${comparison.field}\``, expected: oneOf(fields), mend: suggest(comparison.field, fields, 'use one of its fields') }];
  const operator = Object.keys(comparison).find((key) => key in OPERATORS_OF)!;
  const kind = field.type.replace('|null', '');
  const suits = OPERATORS_OF[operator]!.includes(kind) && operandSuits(comparison, kind);
  if (suits) return [];
  const operators = Object.keys(OPERATORS_OF).filter((name) => OPERATORS_OF[name]!.includes(kind));
  return [{ path: [...path, operator], what: `${use}.${comparison.field} is a ${field.type}, which \`${operator}: ${JSON.stringify((comparison as unknown as JsonObject)[operator])}\` cannot be compared with`, expected: `a ${kind} with ${oneOf(operators)}`, mend: 'change the operator or the value' }];
}

/** Operator → kinds of field about which it can say something. */
const OPERATORS_OF: Readonly<Record<string, readonly string[]>> = {
  is: ['number', 'boolean', 'text'],
  isNot: ['number', 'boolean', 'text'],
  includes: ['text', 'list'],
  excludes: ['text', 'list'],
  above: ['number'],
  atLeast: ['number'],
  below: ['number'],
  atMost: ['number'],
  isEmpty: ['text', 'list', 'number', 'boolean'],
};

const KIND_OF: Readonly<Record<string, string>> = { number: 'number', boolean: 'boolean', string: 'text' };

function operandSuits(comparison: Comparison, kind: string): boolean {
  if (!('is' in comparison) && !('isNot' in comparison)) return true;
  const operand = 'is' in comparison ? comparison.is : comparison.isNot;
  return operand === null || KIND_OF[typeof operand] === kind;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

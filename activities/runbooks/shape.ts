import { type z } from 'zod';
import { CONDITION_FORMS } from './condition-schema';
import type { RunbookDocument } from './document';
import { formatPath, oneOf, suggest, type Path, type RunbookProblem } from './problems';
import { runbookJsonSchema } from './schema';

type SchemaNode = { $ref?: string; type?: string; properties?: Record<string, SchemaNode>; additionalProperties?: SchemaNode | boolean; items?: SchemaNode; anyOf?: SchemaNode[]; enum?: unknown[]; description?: string; $defs?: Record<string, SchemaNode> };

let jsonSchema: SchemaNode | undefined;

/** Says in words what zod found wrong with the shape of a runbook file. */
export function shapeProblems(document: RunbookDocument, issues: readonly z.core.$ZodIssue[]): RunbookProblem[] {
  return issues.flatMap((issue) => problemsOf(document, issue, []));
}

function problemsOf(document: RunbookDocument, issue: z.core.$ZodIssue, base: Path): RunbookProblem[] {
  const path = [...base, ...issue.path];
  const expected = describe(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = knownKeys(path, document.value);
        return { ...document.locateKey(path, key), what: `unknown key \`${key}\`${within(path)}`, expected: oneOf(known), mend: suggest(key, known, 'remove it') };
      });
    case 'invalid_union':
      return unionProblems(document, issue, path);
    case 'invalid_type':
      return [missingOrWrong(document, path, issue.expected, expected)];
    case 'invalid_value':
      return [{ ...document.locate(path), what: `\`${formatPath(path)}\` is ${show(valueAt(document.value, path))}`, expected: oneOf(issue.values.map(String)), mend: suggest(String(valueAt(document.value, path)), issue.values.map(String), 'use one of them') }];
    default:
      return [{ ...document.locate(path), what: `\`${formatPath(path)}\` is ${show(valueAt(document.value, path))}: ${issue.message}`, expected: expected ?? issue.message, mend: 'change the value' }];
  }
}

function missingOrWrong(document: RunbookDocument, path: Path, type: string, expected: string | undefined): RunbookProblem {
  const value = valueAt(document.value, path);
  const wanted = `${ARTICLES[type] ?? type}${expected ? ` (${expected})` : ''}`;
  if (value === undefined) {
    return { ...document.locate(path.slice(0, -1)), what: `\`${String(path.at(-1) ?? 'the file')}\` is missing${within(path.slice(0, -1))}`, expected: wanted, mend: 'add it' };
  }
  return { ...document.locate(path), what: `\`${formatPath(path)}\` is ${show(value)}`, expected: wanted, mend: 'change the value' };
}

const ARTICLES: Record<string, string> = { string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a map of keys', record: 'a map of keys' };

/** Only conditions and plain values are unions; of a condition the form that its keys name is meant. */
function unionProblems(document: RunbookDocument, issue: z.core.$ZodIssueInvalidUnion, path: Path): RunbookProblem[] {
  const value = valueAt(document.value, path);
  if (value !== null && typeof value === 'object' && issue.errors.length === CONDITION_FORMS.length) {
    const named = CONDITION_FORMS.filter((form) => form in value);
    const index = CONDITION_FORMS.indexOf(named[0] ?? '');
    if (named.length === 1) return issue.errors[index]!.flatMap((inner) => problemsOf(document, inner, path));
    return [{ ...document.locate(path), what: `\`${formatPath(path)}\` is no condition: ${named.length === 0 ? `it has the keys ${Object.keys(value).join(', ') || '(none)'}` : `it has ${named.join(' and ')} at once`}`, expected: `exactly one of ${CONDITION_FORMS.join(', ')}`, mend: named.length === 0 ? 'add an operator, e.g. `is: true`' : 'combine two comparisons with `all:` or `any:`' }];
  }
  return [{ ...document.locate(path), what: `\`${formatPath(path)}\` is ${show(value)}`, expected: describe(path) ?? 'another kind of value', mend: 'change the value' }];
}

function within(path: Path): string {
  return path.length === 0 ? '' : ` in \`${formatPath(path)}\``;
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 60))}` : `${String(value)}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, part) => (current !== null && typeof current === 'object' ? (current as Record<PropertyKey, unknown>)[part] : undefined), value);
}

function describe(path: Path): string | undefined {
  const node = nodesAt(path)[0];
  return node?.description?.replace(/\.$/, '');
}

function knownKeys(path: Path, root: unknown): string[] {
  const value = valueAt(root, path);
  const nodes = nodesAt(path).flatMap((node) => node.anyOf ?? [node]).map(resolve);
  const form = value !== null && typeof value === 'object' ? CONDITION_FORMS.find((name) => name in value) : undefined;
  const fitting = nodes.filter((node) => !form || nodes.length === 1 || form in (node.properties ?? {}));
  return [...new Set(fitting.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The schema's nodes at a path; more than one below a union. */
function nodesAt(path: Path): SchemaNode[] {
  jsonSchema ??= runbookJsonSchema() as SchemaNode;
  return path.reduce<SchemaNode[]>((nodes, part) => nodes.flatMap((node) => childrenOf(resolve(node), part)), [jsonSchema]);
}

function childrenOf(node: SchemaNode, part: PropertyKey): SchemaNode[] {
  if (node.anyOf) return node.anyOf.flatMap((option) => childrenOf(resolve(option), part));
  if (typeof part === 'number') return node.items ? [node.items] : [];
  const named = node.properties?.[String(part)];
  if (named) return [named];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}

function resolve(node: SchemaNode): SchemaNode {
  const name = node.$ref?.replace('#/$defs/', '');
  return name && jsonSchema?.$defs?.[name] ? { ...jsonSchema.$defs[name], ...(node.description && { description: node.description }) } : node;
}

import type { z } from 'zod';
import { CONDITION_FORMS } from './condition-schema';
import { closest, formatPath, oneOf, suggest, type Finding, type Path } from './problems';
import { runbookJsonSchema } from './schema';

/** As much of a JSON Schema as says what is expected where. */
export interface SchemaNode {
  $ref?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  description?: string;
  $defs?: Record<string, SchemaNode>;
}

/** Says in words what zod found wrong with the shape of a whole runbook file. */
export function shapeFindings(value: unknown, issues: readonly z.core.$ZodIssue[]): Finding[] {
  return new ShapeReader(runbookJsonSchema(), value, []).findings(issues);
}

/** The same for a part of the file that has a schema of its own, the `with` of a probe or remedy. */
export function partFindings(schema: SchemaNode, value: unknown, base: Path, issues: readonly z.core.$ZodIssue[]): Finding[] {
  return new ShapeReader(schema, value, base).findings(issues);
}

const KINDS: Record<string, string> = { string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a map of keys', record: 'a map of keys' };

class ShapeReader {
  constructor(
    private readonly schema: SchemaNode,
    private readonly root: unknown,
    /** Where the part stands in the file. */
    private readonly base: Path,
  ) {}

  findings(issues: readonly z.core.$ZodIssue[], outer: Path = []): Finding[] {
    return issues.flatMap((issue) => this.findingsOf(issue, [...outer, ...issue.path]));
  }

  private findingsOf(issue: z.core.$ZodIssue, path: Path): Finding[] {
    const value = valueAt(this.root, path);
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => this.unknownKey(path, key));
      case 'invalid_union':
        return this.unionFindings(issue, path);
      case 'invalid_type':
        return [this.wrong(path, `${KINDS[issue.expected] ?? issue.expected}${this.described(path)}`)];
      case 'invalid_value': {
        const words = issue.values.map(String);
        return [{ ...this.wrong(path, oneOf(words)), mend: value === undefined ? 'add it' : suggest(typeof value === 'string' ? value : '', words, 'use one of them') }];
      }
      case 'invalid_format':
        // A schema that says in words what it wants is better understood than its pattern.
        return [this.wrong(path, /^Invalid /.test(issue.message) ? `a text of the form ${issue.pattern ?? issue.format}${this.described(path)}` : issue.message)];
      default:
        return [this.wrong(path, issue.message)];
    }
  }

  private unknownKey(path: Path, key: string): Finding {
    const known = this.knownKeys(path);
    return { path: this.absolute(path), key, what: `unknown key \`${key}\`${this.within(path)}`, expected: oneOf(known), mend: suggest(key, known, 'remove it') };
  }

  private wrong(path: Path, expected: string): Finding {
    const value = valueAt(this.root, path);
    if (value === undefined && path.length > 0) {
      const parent = path.slice(0, -1);
      return { path: this.absolute(parent), what: `\`${String(path.at(-1))}\` is missing${this.within(parent)}`, expected, mend: 'add it' };
    }
    return { path: this.absolute(path), what: `${this.named(path)} is ${show(value)}`, expected, mend: 'change the value' };
  }

  /** Only conditions and plain values are unions; of a condition the form that its keys name is meant. */
  private unionFindings(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding[] {
    const value = valueAt(this.root, path);
    const isCondition = value !== null && typeof value === 'object' && issue.errors.length === CONDITION_FORMS.length;
    if (!isCondition) return [this.wrong(path, `another kind of value${this.described(path)}`)];
    const named = CONDITION_FORMS.filter((form) => form in value);
    if (named.length === 1) return this.findings(issue.errors[CONDITION_FORMS.indexOf(named[0]!)]!, path);
    const keys = Object.keys(value);
    const near = keys.map((key) => closest(key, CONDITION_FORMS)).find((form) => form !== undefined);
    return [
      {
        path: this.absolute(path),
        what: `${this.named(path)} is no condition: it has ${named.length === 0 ? `the keys ${keys.join(', ') || '(none)'}` : `${named.join(' and ')} at once`}`,
        expected: `exactly one of ${CONDITION_FORMS.join(', ')}`,
        mend: named.length > 0 ? 'combine two comparisons with `all:` or `any:`' : near ? `did you mean \`${near}\`?` : 'add an operator, e.g. `is: true`',
      },
    ];
  }

  private absolute(path: Path): Path {
    return [...this.base, ...path];
  }

  private named(path: Path): string {
    const whole = this.absolute(path);
    return whole.length === 0 ? 'the file' : `\`${formatPath(whole)}\``;
  }

  private within(path: Path): string {
    return this.absolute(path).length === 0 ? '' : ` in ${this.named(path)}`;
  }

  private described(path: Path): string {
    const text = this.nodesAt(path)[0]?.description?.replace(/\.$/, '');
    return text ? ` (${text})` : '';
  }

  private knownKeys(path: Path): string[] {
    const value = valueAt(this.root, path);
    const nodes = this.nodesAt(path).flatMap((node) => this.resolve(node).anyOf ?? [node]);
    const properties = nodes.map((node) => this.resolve(node).properties ?? {});
    const form = value !== null && typeof value === 'object' ? CONDITION_FORMS.find((name) => name in value) : undefined;
    const fitting = properties.length > 1 && form ? properties.filter((known) => form in known) : properties;
    return [...new Set(fitting.flatMap((known) => Object.keys(known)))];
  }

  /** The schema's nodes at a path; more than one below a union. */
  private nodesAt(path: Path): SchemaNode[] {
    return path.reduce<SchemaNode[]>((nodes, part) => nodes.flatMap((node) => this.childrenOf(this.resolve(node), part)), [this.schema]);
  }

  private childrenOf(node: SchemaNode, part: PropertyKey): SchemaNode[] {
    if (node.anyOf) return node.anyOf.flatMap((option) => this.childrenOf(this.resolve(option), part));
    if (typeof part === 'number') return node.items ? [node.items] : [];
    const named = node.properties?.[String(part)];
    if (named) return [named];
    return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
  }

  private resolve(node: SchemaNode): SchemaNode {
    const definition = node.$ref && this.schema.$defs?.[node.$ref.replace('#/$defs/', '')];
    return definition ? { ...definition, ...(node.description && { description: node.description }) } : node;
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 60))}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  return value === null || value === undefined ? 'empty' : 'a map of keys';
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, part) => (current !== null && typeof current === 'object' ? (current as Record<PropertyKey, unknown>)[part] : undefined), value);
}

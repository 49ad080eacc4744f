import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './errors';
import { configSchema, type ConfigFile } from './schema';

/** Reads and checks a configuration file. @throws ConfigError that names every fault as `file:line: field: what was expected`. */
export function readConfigFile(file: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`The configuration ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): correct --config or NIGHTSHIFT_CONFIG.`, { cause: error });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw new ConfigError(`${file}:${lines.linePos(broken.pos[0]).line}: this is not YAML: ${broken.message.replace(/ at line \d+, column \d+:[^]*$/, '')}`, { cause: broken });
  const checked = configSchema.safeParse(document.toJS() ?? {});
  if (checked.success) return checked.data;
  throw new ConfigError(checked.error.issues.flatMap((issue) => faultsOf(issue)).map(({ path, message }) => `${file}:${lineOf(document, lines, path)}: ${fieldName(path)}: ${message}`).join('\n'));
}

interface Fault {
  path: PropertyKey[];
  message: string;
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message.replace(/^Invalid (input|option): /, '') }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such option; see nightshift.example.yaml for those that are' }));
}

function fieldName(path: PropertyKey[]): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text && '.'}${String(part)}`), '') || 'the file';
}

/** The line of the field, or of the closest one around it when the field is missing. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

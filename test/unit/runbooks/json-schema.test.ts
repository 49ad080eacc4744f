import { readFileSync } from 'node:fs';
import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { runbookJsonSchema } from '../../../activities/runbooks/schema';
import { schemaText } from '../../../workers/cli/runbooks/schema';

type Node = { [key: string]: unknown; description?: string; properties?: Record<string, Node>; $ref?: string };

/** Every property at any depth, with its path. */
function propertiesOf(node: unknown, at = ''): Array<[string, Node]> {
  if (node === null || typeof node !== 'object') return [];
  const own = Object.entries((node as Node).properties ?? {}).map(([name, inner]): [string, Node] => [`${at}/${name}`, inner]);
  return [...own, ...Object.entries(node).flatMap(([key, inner]) => propertiesOf(inner, `${at}/${key}`))];
}

describe('the JSON Schema for editors', () => {
  it('is in the repository as the command prints it (npx nightshift runbook schema > infra/docs/runbook.schema.json)', () => {
    expect(readFileSync(path.join(__dirname, '../../../infra/docs/runbook.schema.json'), 'utf8').trim()).toBe(schemaText());
  });

  it('describes every field', () => {
    const bare = propertiesOf(runbookJsonSchema()).filter(([, node]) => !node.description && !node.$ref);
    expect(bare.map(([at]) => at)).toEqual([]);
  });

  it('knows the registered probes and remedies', () => {
    const schema = runbookJsonSchema({ probes, remedies }) as unknown as { properties: Record<string, { items: { properties: { use: { enum: string[] } } } }> };
    expect(schema.properties['probes']?.items.properties.use.enum).toEqual(Object.keys(probes));
    expect(schema.properties['remedies']?.items.properties.use.enum).toEqual(Object.keys(remedies));
  });
});

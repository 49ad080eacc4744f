import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { keyOf } from './agent-config';
import type { KubernetesObject } from './gateway';

const INPUT = z.strictObject({ target: z.string().default('grafanaConfig').describe('Role of a ConfigMap.') });

/** Is the file that a program reads as it should be? What it says is its owner's business. */
export const settingsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.settings',
  title: 'The file in a ConfigMap, compared with the desired state',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the ConfigMap is there, with the file' },
    desiredKnown: { type: 'boolean', text: 'the desired state has the file' },
    differs: { type: 'boolean|null', text: 'the file is not as the desired state says; null when that is not known' },
    changedLines: { type: 'number|null', unit: 'count', text: 'lines that only one of them has' },
  },
  rbac: [{ apiGroup: '', resources: ['configmaps'], verbs: ['get'] }],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const [live, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
    const fileIn = (object: KubernetesObject | undefined) => (object?.['data'] as Record<string, string> | undefined)?.[keyOf(target)];
    const [now, wanted] = [fileIn(live), fileIn(desired?.manifest)];
    const name = `${target.kind} ${target.namespace}/${target.name}`;
    const differs = wanted === undefined ? null : now !== wanted;
    return {
      fields: { exists: now !== undefined, desiredKnown: wanted !== undefined, differs, changedLines: wanted === undefined ? null : linesApart(now ?? '', wanted) },
      summary: now === undefined ? `There is no ${name} with ${keyOf(target)}.` : differs === null ? `How ${keyOf(target)} in ${name} should be is not known.` : `${keyOf(target)} in ${name} is ${differs ? 'not ' : ''}as ${desired?.source} says.`,
    };
  },
};

function linesApart(a: string, b: string): number {
  const [left, right] = [new Set(a.split('\n')), new Set(b.split('\n'))];
  return [...left].filter((line) => !right.has(line)).length + [...right].filter((line) => !left.has(line)).length;
}

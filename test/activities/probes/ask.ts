import { askProbe } from '../../../activities/probe';
import { probes } from '../../../activities/registry';
import type { Evidence, JsonObject, ProbeRequest } from '../../../workflows/contracts';
import { NOW, type TestAccess } from '../../support/pipeline-objects';

/** Asks a registered probe as its activity does. */
export async function ask(access: TestAccess, use: string, input: JsonObject = {}, change: Partial<ProbeRequest> = {}): Promise<Evidence> {
  const probe = probes[use];
  if (!probe) throw new Error(`no probe ${use}`);
  const request: ProbeRequest = { cluster: 'cluster-03', publicId: '20260301-00000000', probe: { id: 'it', use, with: input }, since: NOW, timeoutMs: 10_000, ...change };
  const evidence = await askProbe(probe, new Map([[access.config.name, access]]), request);
  // What a probe answers is what it promised, no more and no less.
  expect(Object.keys(evidence.fields).sort()).toEqual(Object.keys(probe.fields).sort());
  for (const [name, value] of Object.entries(evidence.fields)) expect({ name, type: typeOf(value, probe.fields[name]!.type) }).toEqual({ name, type: probe.fields[name]!.type });
  return evidence;
}

function typeOf(value: unknown, declared: string): string {
  if (value === null) return declared.endsWith('|null') ? declared : 'null';
  const plain = Array.isArray(value) ? 'list' : typeof value === 'string' ? 'text' : typeof value;
  return declared === `${plain}|null` ? declared : plain;
}

import type { ZodType } from 'zod';
import type { Evidence, EvidenceValue, JsonObject, ProbeRequest } from '../workflows/contracts';
import { failure } from '../workflows/contracts';
import { within } from './call-scope';
import { clusterNamed, type ClusterAccess, type Clusters } from './cluster-access';
import { cut } from './redact';

export interface FieldDescription {
  /** `text|null`: null where it is not known. */
  type: 'number' | 'number|null' | 'boolean' | 'boolean|null' | 'text' | 'text|null' | 'list';
  unit?: 'seconds' | 'ratio' | 'per second' | 'count';
  text: string;
}

/** A permission that a probe or remedy needs in the cluster; `nightshift rbac` makes roles of them. */
export interface RbacRule {
  apiGroup: string;
  resources: string[];
  verbs: string[];
  /**
   * Which objects, for the verbs that name one: the configured targets of that kind when absent, those of these roles only,
   * or `any`, where the name comes from elsewhere. Kinds that are no targets (pods) cannot be limited by name.
   */
  names?: 'any' | readonly string[];
  /** The names of those objects become these: of what stands beside a target under a name made from it. */
  renamed?: (name: string) => string;
}

export interface ProbeAnswer {
  fields: Record<string, EvidenceValue>;
  /** One sentence for people. */
  summary: string;
  table?: { columns: string[]; rows: string[][] };
}

/** A read-only question to one external system. Adding one: write it in its system's folder, list it in `registry.ts`. */
export interface Probe<Input = unknown> {
  /** `system.question`; runbooks name it. */
  use: string;
  title: string;
  input: ZodType<Input>;
  fields: Record<string, FieldDescription>;
  rbac: RbacRule[];
  /** It observes for a while: in verification it is asked last, with time enough for its whole window. */
  windowed?: (access: ClusterAccess) => number;
  /** @throws a failure of the taxonomy when there is no answer, or one that is not understood. */
  ask(access: ClusterAccess, input: Input, request: ProbeRequest): Promise<ProbeAnswer>;
}

/** Keeps an incident's history small: the most rows, and characters in one cell, of the evidence that goes into it. */
const MOST_ROWS = 20;
const LONGEST_CELL = 120;
const LONGEST_TEXT = 500;
const LONGEST_LIST = 50;

/** Asks one probe, within its time. @throws InvalidInput, UpstreamUnavailable when the time is over, and what the probe throws. */
export async function askProbe(probe: Probe, clusters: Clusters, request: ProbeRequest): Promise<Evidence> {
  const access = clusterNamed(clusters, request.cluster);
  const input = parseInput(probe, request.probe.with, `The probe ${request.probe.id}`);
  const answer = await within(request.timeoutMs, `The probe ${request.probe.id} (${probe.use})`, () => probe.ask(access, input, request));
  return {
    probe: request.probe.id,
    use: probe.use,
    status: 'answered',
    at: access.clock.now().toISOString(),
    fields: Object.fromEntries(Object.entries(answer.fields).map(([name, value]) => [name, bounded(value)])),
    summary: cut(answer.summary, LONGEST_TEXT),
    ...(answer.table && { table: { columns: answer.table.columns, rows: answer.table.rows.slice(0, MOST_ROWS).map((row) => row.map((cell) => cut(cell, LONGEST_CELL))) } }),
  };
}

/** @throws InvalidInput that names the field. */
export function parseInput<Input>({ use, input }: { use: string; input: ZodType<Input> }, value: JsonObject, who: string): Input {
  const parsed = input.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'with'}: ${issue.message}`);
  throw failure('InvalidInput', `${who} gives ${use} what it does not take: ${faults.join('; ')}`);
}

/** JSON has no NaN and no infinity: what cannot be said is not known. */
function bounded(value: EvidenceValue): EvidenceValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string') return cut(value, LONGEST_TEXT);
  if (!Array.isArray(value)) return value;
  return value.slice(0, LONGEST_LIST).map((item) => (typeof item === 'string' ? cut(item, LONGEST_TEXT) : item)) as EvidenceValue;
}

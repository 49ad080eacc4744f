import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { FAILURE_DOMAINS, incidentWorkflowId, WORKFLOW } from '../../workflows/contracts';

const started = z.looseObject({
  workflowType: z.looseObject({ name: z.string() }),
  input: z.looseObject({ payloads: z.array(z.looseObject({ data: z.string() })) }).optional(),
});
const events = z.array(z.looseObject({ workflowExecutionStartedEventAttributes: started.optional() })).min(1);
const historyFile = z.looseObject({ events, earlierRuns: z.array(z.looseObject({ events })).optional() });

export interface HistoryToReplay {
  /** The file below the directory, and which run of it where there are several. */
  name: string;
  workflowId: string;
  history: unknown;
}

/** Every run of every history below a directory; other JSON files are none and are left out. */
export function* historiesBelow(directory: string): Generator<HistoryToReplay> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  for (const file of files.map((entry) => path.join(entry.parentPath, entry.name)).sort()) {
    const parsed = historyFile.safeParse(jsonOf(readFileSync(file, 'utf8')));
    if (!parsed.success || !parsed.data.events[0]?.workflowExecutionStartedEventAttributes) continue;
    const { earlierRuns = [], events: last } = parsed.data;
    const runs = [...earlierRuns.map((run) => run.events), last];
    for (const [index, run] of runs.entries()) yield { name: `${path.relative(directory, file)}${runs.length > 1 ? `, run ${index + 1}` : ''}`, workflowId: workflowIdOf(run), history: { events: run } };
  }
}

/** `undefined` for what is no JSON, and so no history. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A history does not say the workflow ID, and signed decisions are addressed to it: it is made again from the workflow's input. */
function workflowIdOf(run: z.output<typeof events>): string {
  const { workflowType, input } = run[0]?.workflowExecutionStartedEventAttributes ?? { workflowType: { name: '' } };
  const data = input?.payloads[0]?.data;
  if (workflowType.name !== WORKFLOW.incident || data === undefined) return UNKNOWN;
  const parsed = incidentInput.safeParse(jsonOf(Buffer.from(data, 'base64').toString('utf8')));
  return parsed.success ? incidentWorkflowId(parsed.data.cluster, parsed.data.failureDomain) : UNKNOWN;
}

const incidentInput = z.looseObject({ cluster: z.string(), failureDomain: z.enum(FAILURE_DOMAINS) });

/** For workflows that do not look at their own ID, and for histories that are encrypted. */
const UNKNOWN = 'replayed';

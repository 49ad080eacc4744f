import type { Evidence } from '../contracts/evidence';
import type { Checklist, ChecklistLine } from '../contracts/incident';
import type { ChecklistLineSpec, ChecklistSpec } from '../contracts/runbook';
import { evaluate, probesOf } from './conditions';

/** The evidence laid out as a person goes through it: each line with its verdict and what was said. Pure. */
export function goThrough(checklists: readonly ChecklistSpec[], evidence: readonly Evidence[]): Checklist[] {
  return checklists.map(({ id, title, lines }) => ({ id, title, lines: lines.map((line) => judge(line, evidence)) }));
}

const VERDICT = { true: 'ok', false: 'look-here', unknown: 'not-answered' } as const;

function judge({ id, title, ok, shows = [] }: ChecklistLineSpec, evidence: readonly Evidence[]): ChecklistLine {
  const wanted = [...new Set([...probesOf(ok), ...shows])];
  const asked = wanted.flatMap((probe) => evidence.find((item) => item.probe === probe) ?? []);
  const { truth, missing } = evaluate(ok, evidence);
  const applies = asked.length === 0 || asked.some(({ fields, status }) => status === 'unanswered' || fields['notApplicable'] !== true);
  const verdict = applies ? VERDICT[truth] : 'not-applicable';
  const said = asked.map(({ status, summary, error, use }) => (status === 'answered' ? summary : `${use} did not answer: ${error?.message ?? summary}`));
  const explained = asked.some(({ status }) => status === 'unanswered');
  return { id, title, verdict, because: verdict === 'not-answered' && !explained ? [...said, ...missing] : said, probes: wanted };
}

/** Lines at which somebody should look, or of which nothing is known, before the rest. */
export function openLines(checklists: readonly Checklist[]): ChecklistLine[] {
  return checklists.flatMap(({ lines }) => lines).filter(({ verdict }) => verdict === 'look-here' || verdict === 'not-answered');
}

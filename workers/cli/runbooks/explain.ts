import { probes, remedies } from '../../../activities/registry';
import { describeMatcher } from '../../../activities/runbooks/matcher';
import type { Comparison, Condition, Runbook, Text } from '../../../workflows/contracts';
import { probesOf } from '../../../workflows/domain/conditions';
import { CommandError, EXIT } from '../exit';
import { columnsOf, printJson, safe, say, terminalWidth, wrap } from '../terminal';
import { loadOne, type RunbookOptions } from './shelf';

export interface ExplainOptions extends RunbookOptions {
  cause?: string;
}

/** Prints what an on-call engineer should know of one incident class, or of one of its causes, in the reader's language. */
export function explainCommand(id: string, options: ExplainOptions): void {
  const runbook = loadOne(id, options);
  const { causes } = runbook;
  const cause = causes.find((candidate) => candidate.id === options.cause);
  if (options.cause && !cause) throw new CommandError(`${id} has no cause ${options.cause}; it has ${causes.map((candidate) => candidate.id).join(', ')}.`, EXIT.notFound);
  if (options.json) return printJson(pageData(cause ? { ...runbook, causes: [cause] } : runbook));
  console.log(safe(cause ? explainOne(runbook, cause) : explain(runbook)));
}

/** The page as text: causes and what to do first, how it is found out below. */
export function explain(runbook: Runbook): string {
  const { causes, deviations, match, permanentFix, remedies: known, verify } = runbook;
  const shared = verify.filter(({ common }) => common);
  const lines = [
    ...heading({ en: `${runbook.title.en} (${runbook.id}, revision ${runbook.revision})`, ko: `${runbook.title.ko} (${runbook.id}, 개정 ${runbook.revision})` }, '='),
    ...paragraph(say(runbook.summary)),
    ...heading({ en: 'Root causes, and how one knows them', ko: '근본 원인과 판단 기준' }, '-'),
    ...paragraph(say({ en: `What speaks for and against one, and its permanent fix: npx nightshift runbook explain ${runbook.id} --cause <id>`, ko: `원인별 근거, 반증, 영구 해결: npx nightshift runbook explain ${runbook.id} --cause <id>` })),
    ...causes.flatMap((cause) => [...explainCause(runbook, cause), '']),
    ...heading({ en: 'Remedies', ko: '즉시 복구' }, '-'),
    ...known.flatMap(explainRemedy),
    ...section({ en: 'Permanent fixes', ko: '영구 해결(재발 방지)' }, permanentFix.map(explainFix)),
    ...section({ en: 'Alerts that open it', ko: '이 런북을 여는 알림' }, match.map(describeMatcher)),
    ...section({ en: 'What is asked', ko: '진단 점검' }, ownProbes(runbook).map(explainProbe)),
    ...section({ en: 'Recovered means that all of this holds', ko: '복구로 판정하는 조건(모두 충족)' }, [
      ...verify.filter(({ common }) => !common).map(({ title, condition }) => `${say(title)}: ${inWords(condition)}`),
      ...(shared.length > 0 ? [`${say({ en: 'The post-recovery checklist that all runbooks share', ko: '모든 런북의 공통 복구 후 점검표' })}: ${shared.map(({ title }) => say(title)).join('; ')}`] : []),
    ]),
    ...section({ en: 'Where it leaves the handbook, and why', ko: '핸드북과 다른 점과 이유' }, deviations.map(({ handbook, instead, why }) => `${say(handbook)} → ${say(instead)} (${say(why)})`)),
  ];
  return lines.join('\n');
}

/** Everything about one cause, for the one who has it before them. */
function explainOne(runbook: Runbook, cause: Cause): string {
  const known = runbook.remedies.filter(({ id }) => cause.remedies.includes(id));
  return [
    ...explainCause(runbook, cause),
    ...cause.supports.flatMap((condition) => indented(`${say({ en: 'for', ko: '뒷받침' })}: ${inWords(condition)}`)),
    ...cause.contradicts.flatMap((condition) => indented(`${say({ en: 'against', ko: '반증' })}: ${inWords(condition)}`)),
    '',
    ...(known.length > 0 ? heading({ en: 'Remedies', ko: '즉시 복구' }, '-') : []),
    ...known.flatMap(explainRemedy),
    ...section({ en: 'Permanent fixes', ko: '영구 해결(재발 방지)' }, runbook.permanentFix.filter(({ id }) => cause.permanentFix.includes(id)).map(explainFix)),
  ].join('\n').trimEnd();
}

type Cause = Runbook['causes'][number];

/** Without those that only the checklist reads which all runbooks share. */
function ownProbes({ probes: all, verify }: Runbook): Runbook['probes'] {
  const verified = new Set(verify.filter(({ common }) => !common).flatMap(({ condition }) => probesOf(condition)));
  return all.filter(({ id, verifyOnly }) => !verifyOnly || verified.has(id));
}

function explainProbe({ id, use, with: input, verifyOnly }: Runbook['probes'][number]): string {
  const of = [input['target'], input['targets']].flat().filter((role) => typeof role === 'string');
  const later = verifyOnly ? ` (${say({ en: 'after a change only', ko: '변경 후에만' })})` : '';
  return `${id}${of.length > 0 ? ` [${of.join(', ')}]` : ''}: ${probes[use]?.title ?? use}${later}`;
}

function explainCause(runbook: Runbook, cause: Cause): string[] {
  const remedy = cause.remedies.map((id) => `${say(runbook.remedies.find((item) => item.id === id)?.title ?? { en: id, ko: id })} [${id}]`);
  return [
    ...bullet(`${say(cause.title)} [${cause.id}; ${cause.impact}; ${say({ en: 'confidence', ko: '신뢰도' })} ${cause.confidence}]`),
    ...indented(say(cause.explanation)),
    ...indented(`${say({ en: 'if', ko: '조건' })}: ${inWords(cause.when)}`),
    ...(remedy.length > 0 ? indented(`${say({ en: 'do', ko: '조치' })}: ${remedy.join(' → ')}`) : []),
    ...(cause.leadsTo ? indented(`${say({ en: 'then', ko: '이후' })}: ${say({ en: `the incident goes on as ${cause.leadsTo}`, ko: `${cause.leadsTo} 유형으로 계속 진행` })}`) : []),
    ...(cause.advice ? indented(`${say({ en: 'advice', ko: '조언' })}: ${say(cause.advice)}`) : []),
  ];
}

function explainFix({ title, description, patch }: Runbook['permanentFix'][number]): string {
  return `${say(title)}. ${say(description)}${patch ? ` [${patch.file}]` : ''}`;
}

function explainRemedy({ id, use, title, note }: Runbook['remedies'][number]): string[] {
  const risk = remedies[use]?.mildestRisk ?? 'unknown';
  return [...bullet(`${say(title)} [${id}; ${use}; ${say({ en: `at least ${risk}`, ko: `최소 ${risk}` })}]`), ...(note ? indented(say(note)) : []), ''];
}

const OPERATORS: Readonly<Record<string, string>> = { is: 'is', isNot: 'is not', includes: 'includes', excludes: 'does not include', above: '>', atLeast: '≥', below: '<', atMost: '≤' };

/** "receiverPods.quorumHolds is false and (agentLogs.matched includes noSuchHost or …)". */
export function inWords(condition: Condition, nested = false): string {
  if ('all' in condition) return joined(condition.all, ' and ', nested);
  if ('any' in condition) return joined(condition.any, ' or ', nested);
  if ('not' in condition) return `not (${inWords(condition.not)})`;
  return comparisonInWords(condition);
}

function joined(conditions: readonly Condition[], word: string, nested: boolean): string {
  const text = conditions.map((inner) => inWords(inner, true)).join(word);
  return nested && conditions.length > 1 ? `(${text})` : text;
}

function comparisonInWords(comparison: Comparison): string {
  const subject = `${comparison.probe}.${comparison.field}`;
  if ('isEmpty' in comparison) return `${subject} is ${comparison.isEmpty ? '' : 'not '}empty`;
  const [operator, value] = Object.entries(comparison).find(([key]) => key in OPERATORS) ?? ['is', ''];
  return `${subject} ${OPERATORS[operator]} ${String(value)}`;
}

function pageData({ examples, ...runbook }: Runbook) {
  const causes = runbook.causes.map((cause) => ({ ...cause, inWords: inWords(cause.when) }));
  const known = runbook.remedies.map((remedy) => ({ ...remedy, mildestRisk: remedies[remedy.use]?.mildestRisk }));
  return { ...runbook, causes, remedies: known, examples: examples.map(({ id, title, practice }) => ({ id, title, practice })) };
}

function heading(title: Text, underline: string): string[] {
  return [say(title), underline.repeat(Math.min(terminalWidth(), columnsOf(say(title)))), ''];
}

function paragraph(text: string): string[] {
  return [...wrap(text, terminalWidth()), ''];
}

function section(title: Text, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  return [...heading(title, '-'), ...items.flatMap(bullet), ''];
}

function bullet(text: string): string[] {
  return wrap(text, terminalWidth() - 2).map((line, index) => `${index === 0 ? '• ' : '  '}${line}`);
}

function indented(text: string): string[] {
  return wrap(text, terminalWidth() - 6).map((line, index) => `${index === 0 ? '    ' : '      '}${line}`);
}

import pc from 'picocolors';
import type { RankedCause } from '../../../workflows/contracts';
import type { RunbookDiagnosis } from '../../diagnose';
import { oneLine, say } from '../terminal';
import { item } from './layout';

/** What one runbook's probes saw, and which causes that supports. */
export function diagnosisView({ runbook, rootCause, causes, evidence }: RunbookDiagnosis): string {
  const likely = causes.filter(({ verdict }) => verdict !== 'rejected');
  const rejected = causes.length - likely.length;
  return [
    `${pc.bold(say(runbook.title))}  (${runbook.id}, revision ${runbook.revision})`,
    'Evidence',
    ...evidence.flatMap(({ status, summary }) => item(status === 'answered' ? '•' : pc.yellow('?'), oneLine(summary))),
    rootCause === 'unknown' ? 'Causes    none is certain' : `Causes    ${pc.bold(rootCause)}`,
    ...likely.flatMap((cause) => item(MARK[cause.verdict], causeText(cause))),
    ...(rejected > 0 ? item('·', `${rejected} others ruled out; --json lists them`) : []),
  ].join('\n');
}

/** The same in one line, for the list of all runbooks. */
export function verdictLine({ runbook, rootCause, causes }: RunbookDiagnosis): string {
  const cause = causes.find(({ id }) => id === rootCause);
  const possible = causes.filter(({ verdict }) => verdict === 'possible');
  const said = cause ? pc.red(`${say(cause.title)} (${Math.round(cause.confidence * 100)} %)`) : possible.length > 0 ? pc.yellow(say(UNSURE(possible.length))) : pc.green(say(NOTHING));
  return `${runbook.id.padEnd(24)}${said}`;
}

const NOTHING = { en: 'nothing found', ko: '이상 없음' };
const UNSURE = (count: number) => ({ en: `no cause is certain; ${count} could not be decided: npx nightshift diagnose <runbook>`, ko: `확실한 원인 없음; 판단할 수 없는 원인 ${count}개: npx nightshift diagnose <runbook>` });

const MARK = { confirmed: pc.red('●'), possible: pc.yellow('○'), rejected: '·' } as const;

function causeText({ title, confidence, verdict, explanation, advice }: RankedCause): string {
  return `${say(title)} — ${Math.round(confidence * 100)} %, ${verdict}. ${say(explanation)}${advice ? ` ${say(advice)}` : ''}`;
}

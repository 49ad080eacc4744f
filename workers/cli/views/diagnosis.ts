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

const MARK = { confirmed: pc.red('●'), possible: pc.yellow('○'), rejected: '·' } as const;

function causeText({ title, confidence, verdict, explanation, advice }: RankedCause): string {
  return `${say(title)} — ${Math.round(confidence * 100)} %, ${verdict}. ${say(explanation)}${advice ? ` ${say(advice)}` : ''}`;
}

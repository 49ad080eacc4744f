import Table from 'cli-table3';
import type { FixState, FixStatus, PermanentFixStatus, Text } from '../../../workflows/contracts';
import { isOpenFix } from '../../../workflows/domain/fixes';
import { moment, oneLine, say } from '../terminal';

const STATE: Record<FixState, Text> = {
  proposed: { en: 'proposed', ko: '제안됨' },
  published: { en: 'waits to be merged', ko: '병합 대기' },
  merged: { en: 'merged', ko: '병합됨' },
  applied: { en: 'applied', ko: '반영됨' },
  declined: { en: 'declined', ko: '거절됨' },
};

/** Every fix on a line: what, of which incident, how it stands, where. */
export function fixesView(incidents: readonly PermanentFixStatus[], all: boolean): string {
  const rows = incidents.flatMap((status) => status.fixes.filter((fix) => all || isOpenFix(fix)).map((fix) => [status.publicId, oneLine(status.cluster), `${say(fix.title)} (${oneLine(fix.id)})`, stateOf(status, fix), whereOf(fix)]));
  if (rows.length === 0) return say({ en: 'No permanent fix is open.', ko: '열려 있는 영구 해결이 없습니다.' });
  const head = [{ en: 'Incident', ko: '장애' }, { en: 'Cluster', ko: '클러스터' }, { en: 'Fix', ko: '영구 해결' }, { en: 'State', ko: '상태' }, { en: 'Where', ko: '위치' }].map(say);
  const table = new Table({ head, style: { head: [], border: [], compact: true }, wordWrap: true, colWidths: [20, 14, 36, 26, 46] });
  table.push(...rows);
  return table.toString();
}

function stateOf({ priority }: PermanentFixStatus, fix: FixStatus): string {
  const raised = priority === 'raised' && isOpenFix(fix) ? say({ en: '; came back', ko: '; 재발' }) : '';
  if (fix.state === 'merged' && isOpenFix(fix)) return `${say({ en: 'merged, not seen in the cluster', ko: '병합됨, 클러스터 미반영' })}${raised}`;
  const when = fix.settledAt ? ` ${moment(fix.settledAt)}` : '';
  return `${say(STATE[fix.state])}${when}${fix.actor ? `, ${oneLine(fix.actor)}` : ''}${raised}`;
}

function whereOf({ on, problem, sameAs, reason, reverted, note }: FixStatus): string {
  const parts = [
    on && oneLine(on.pullRequest?.url ?? on.branch),
    sameAs && say({ en: `see ${sameAs}`, ko: `${sameAs} 참고` }),
    problem && say(problem.reason),
    note && say(note),
    reverted && say({ en: `live change taken back ${moment(reverted.at)}`, ko: `실행 중 변경이 되돌려짐 ${moment(reverted.at)}` }),
    reason && oneLine(reason),
  ];
  return parts.filter(Boolean).join('; ') || '–';
}

import Table from 'cli-table3';
import type { Text } from '../../../workflows/contracts';
import type { WatchdogStatus } from '../../gateway/watchdogs';
import { moment, oneLine, say, span } from '../terminal';

const STATE: Record<WatchdogStatus['state'], Text> = {
  heard: { en: 'heard', ko: '수신 중' },
  'never-heard': { en: 'never heard of yet', ko: '아직 수신된 적 없음' },
  silent: { en: 'SILENT', ko: '무신호' },
  paused: { en: 'planned silence', ko: '계획된 무신호' },
  maintenance: { en: 'planned maintenance', ko: '계획된 점검' },
  unarmed: { en: 'not armed: a gateway that runs arms it within a minute', ko: '감시 시작 전: 실행 중인 게이트웨이가 1분 안에 시작합니다' },
  'not-watched': { en: 'not watched: add "watchdog" to the cluster in nightshift.yaml', ko: '감시 안 함: nightshift.yaml의 클러스터에 "watchdog"을 추가하십시오' },
};

/** Every cluster's heartbeats at a glance. */
export function watchdogsView(watchdogs: readonly WatchdogStatus[]): string {
  const head = [{ en: 'Cluster', ko: '클러스터' }, { en: 'Heartbeats', ko: '하트비트' }, { en: 'Last one', ko: '마지막 수신' }, { en: 'Tolerated until', ko: '허용 시한' }].map(say);
  const table = new Table({ head, style: { head: [], border: [], compact: true }, wordWrap: true, colWidths: [20, 44, 28, 28] });
  for (const status of watchdogs) table.push([oneLine(status.cluster), stateOf(status), status.lastHeartbeatAt ? moment(status.lastHeartbeatAt) : '–', status.expectedBy ? moment(status.expectedBy) : '–']);
  return table.toString();
}

/** The same as one sentence. */
export function watchdogLine(status: WatchdogStatus): string {
  const until = status.expectedBy ? say({ en: `; silence is tolerated until ${moment(status.expectedBy)}`, ko: `; 무신호 허용 시한 ${moment(status.expectedBy)}` }) : '';
  return `${oneLine(status.cluster)}: ${stateOf(status)}${until}`;
}

function stateOf({ state, planned, tolerateMs }: WatchdogStatus): string {
  if (planned) {
    const by = planned.by ? say({ en: `, by ${planned.by}`, ko: `, ${planned.by}` }) : '';
    return `${say(STATE[state])} ${say({ en: `until ${moment(planned.until)}`, ko: `${moment(planned.until)}까지` })}: ${oneLine(planned.reason)}${by}`;
  }
  if (tolerateMs === undefined || state === 'unarmed') return say(STATE[state]);
  return `${say(STATE[state])} (${say({ en: `tolerated: ${span(tolerateMs)}`, ko: `허용: ${span(tolerateMs)}` })})`;
}

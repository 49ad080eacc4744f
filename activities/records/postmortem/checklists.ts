import type { ChecklistLine, Evidence, IncidentRecord, Text } from '../../../workflows/contracts';
import type { Speaker } from './language';
import { bullets, escape, table } from './markdown';

const VERDICT: Record<ChecklistLine['verdict'], Text> = {
  ok: { en: 'ok', ko: '정상' },
  'look-here': { en: '**look here**', ko: '**확인 필요**' },
  'not-answered': { en: '**not answered**', ko: '**응답 없음**' },
  'not-applicable': { en: 'not applicable', ko: '해당 없음' },
};

/** What was there to go on where no cause was certain, in the order of the handbook's checklists; undefined where they were not gone through. */
export function checklists({ incident: { checklists: gone, evidence, alerts } }: IncidentRecord, speaker: Speaker): string | undefined {
  if (!gone || gone.length === 0) return undefined;
  const { say, text, locale } = speaker;
  const open = gone.flatMap(({ lines }) => lines).filter(({ verdict }) => verdict === 'look-here' || verdict === 'not-answered');
  const told = `### ${say('What the alerts say', '알림 내용')}\n\n${table([say('Alert', '알림'), say('Since', '시작'), say('Labels', '레이블'), say('Annotations', '설명')], alerts.map(({ labels, annotations, startsAt }) => [escape(labels['alertname'] ?? '?'), escape(startsAt), pairs(labels), pairs(annotations)]))}`;
  const intro = open.length === 0
    ? say('No line needs a look.', '확인이 필요한 항목이 없습니다.')
    : say(`Lines that need a look: ${open.map(({ title }) => text(title)).join('; ')}.`, `확인이 필요한 항목 ${open.length}개: ${open.map(({ title }) => text(title)).join('; ')}.`);
  const parts = gone.map(({ title, lines }) => `### ${text(title)}\n\n${table([say('Line', '항목'), say('Verdict', '판정'), say('What was seen', '관측 내용')], lines.map((line) => [text(line.title), VERDICT[line.verdict][locale], escape(line.because.join(' '))]))}`);
  const tables = [...new Set(open.flatMap(({ probes }) => probes))].flatMap((probe) => tableOf(evidence.find((item) => item.probe === probe)));
  return [intro, told, ...parts, ...(tables.length > 0 ? [`### ${say('In full', '상세 자료')}`, ...tables] : [])].join('\n\n');
}

/** Of an alert that nobody knows, everything that it says is all there is to begin with. */
function pairs(texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts).filter(([name]) => name !== 'alertname').map(([name, value]) => `${escape(name)} = ${escape(value)}`).join('; ');
}

/** Each probe's table once, however many lines it belongs to. */
function tableOf(evidence: Evidence | undefined): string[] {
  if (!evidence?.table || evidence.table.rows.length === 0) return [];
  const { columns, rows } = evidence.table;
  return [bullets([escape(evidence.summary)]), table(columns.map(escape), rows.map((row) => row.map(escape)))];
}

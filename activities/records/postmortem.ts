import type { IncidentRecord } from '../../workflows/contracts';
import { actionItems, notes, permanentFixes, refusedMessages } from './postmortem/follow-up';
import { speaker } from './postmortem/language';
import { fiveW1H, rootCause, targets, timeline } from './postmortem/story';
import { facts, impact, summary } from './postmortem/summary';
import { executed, planAndDecision, verification } from './postmortem/treatment';

/** The postmortem as Markdown, in the record's language. Pure; everything from outside is escaped. */
export function renderPostmortem(record: IncidentRecord): string {
  const words = speaker(record.locale);
  const { say, text } = words;
  const refused = refusedMessages(record, words);
  const sections: Array<[string, string]> = [
    [say('Summary', '요약'), `${summary(record, words)}\n\n${facts(record, words)}`],
    [say('Impact', '영향'), impact(record, words)],
    [say('Five Ws and one H', '육하원칙'), fiveW1H(record, words)],
    [say('Times and targets', '목표 시간'), targets(record, words)],
    [say('Root cause', '근본 원인'), rootCause(record, words)],
    [say('Plan and decision', '복구 계획과 승인'), planAndDecision(record, words)],
    [say('What was executed', '즉시 복구'), executed(record, words)],
    [say('Verification', '복구 검증'), verification(record, words)],
    [say('Permanent fix', '영구 해결(재발 방지)'), permanentFixes(record, words)],
    [say('Action items', '후속 조치'), actionItems(record, words)],
    [say('Notes', '메모'), notes(record, words)],
    ...(refused ? [[say('Refused messages', '거부된 메시지'), refused] as [string, string]] : []),
    [say('Timeline', '타임라인'), timeline(record, words)],
  ];
  const title = `# ${say('Postmortem', '사후 검토')}: ${text(record.incident.title)} (${record.incident.publicId})`;
  return `${[title, ...sections.map(([heading, content]) => `## ${heading}\n\n${content}`)].join('\n\n')}\n`;
}

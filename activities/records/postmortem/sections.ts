import type { FixStatus, IncidentRecord, Text } from '../../../workflows/contracts';
import type { PostmortemEdits } from './edits';
import { checklists } from './checklists';
import { actionItems, notes, permanentFixes, refusedMessages } from './follow-up';
import { speaker, type Speaker } from './language';
import { measured } from './measured';
import { retrospect } from './retrospect';
import { fiveW1H, rootCause, targets, timeline } from './story';
import { facts, impact, summary } from './summary';
import { executed, planAndDecision, verification } from './treatment';

/** Headings by section, in the order of the postmortem; people find them in the file, and their edits are kept by them. */
export const HEADINGS = {
  summary: { en: 'Summary', ko: '요약' },
  impact: { en: 'Impact', ko: '영향' },
  measured: { en: 'What was measured', ko: '측정값' },
  fiveW1H: { en: 'Five Ws and one H', ko: '육하원칙' },
  targets: { en: 'Times and targets', ko: '목표 시간' },
  rootCause: { en: 'Root cause', ko: '근본 원인' },
  checklists: { en: 'Checklists', ko: '점검표' },
  plan: { en: 'Plan and decision', ko: '복구 계획과 승인' },
  executed: { en: 'What was executed', ko: '즉시 복구' },
  verification: { en: 'Verification', ko: '복구 검증' },
  retrospect: { en: 'What went well, and what did not', ko: '잘된 점과 아쉬운 점' },
  permanentFix: { en: 'Permanent fix', ko: '영구 해결(재발 방지)' },
  actionItems: { en: 'Action items', ko: '후속 조치' },
  notes: { en: 'Notes', ko: '메모' },
  refusedMessages: { en: 'Refused messages', ko: '거부된 메시지' },
  timeline: { en: 'Timeline', ko: '타임라인' },
} as const satisfies Record<string, Text>;
export type SectionId = keyof typeof HEADINGS;

export interface Section {
  /** Of `HEADINGS`; sections that people added have another. */
  id: string;
  heading: string;
  /** Markdown. */
  content: string;
}

/** What is known besides the record itself. */
export interface PostmortemExtras {
  /** How the proposed fixes stand now; as they were proposed where absent. */
  fixes?: FixStatus[];
  /** What people wrote into it. */
  edits?: PostmortemEdits;
}

const WRITERS: Record<SectionId, (record: IncidentRecord, speaker: Speaker, extras: PostmortemExtras) => string> = {
  summary: (record, words) => `${summary(record, words)}\n\n${facts(record, words)}`,
  impact,
  measured,
  fiveW1H,
  targets,
  rootCause,
  checklists: (record, words) => checklists(record, words) ?? '',
  plan: planAndDecision,
  executed,
  verification,
  retrospect,
  permanentFix: permanentFixes,
  actionItems,
  notes,
  refusedMessages,
  timeline,
};

/** Every section that has something to say, in the record's language; people's edits are not in there yet. */
export function postmortemSections(record: IncidentRecord, extras: PostmortemExtras): Section[] {
  const words = speaker(record.locale);
  const ids = Object.keys(HEADINGS) as SectionId[];
  return ids.map((id) => ({ id, heading: HEADINGS[id][record.locale], content: WRITERS[id](record, words, extras) })).filter(({ content }) => content !== '');
}

export function postmortemTitle({ incident, locale }: IncidentRecord): string {
  const { say, text } = speaker(locale);
  return `${say('Postmortem', '사후 검토')}: ${text(incident.title)} (${incident.publicId})`;
}

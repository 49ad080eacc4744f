import path from 'node:path';
import type { FixStatus, IncidentRecord, PermanentFixSpec } from '../../../workflows/contracts';
import type { Speaker } from './language';
import { block, bullets, code, escape, table } from './markdown';
import { rootCauseOf } from './summary';

/** Name of the file of the record that holds a fix's patch. */
export function patchFile({ id, patch }: PermanentFixSpec): string | undefined {
  return patch && `permanent-fix/${id}-${path.basename(patch.file)}`;
}

export function permanentFixes({ permanentFixes: fixes }: IncidentRecord, speaker: Speaker, { fixes: states = [] }: { fixes?: FixStatus[] }): string {
  const { say, text } = speaker;
  if (fixes.length === 0) return say('None is proposed; see the action items.', '제안된 영구 해결책이 없습니다. 후속 조치를 참고하십시오.');
  return fixes
    .map((fix) => {
      const file = patchFile(fix);
      const parts = [`### ${text(fix.title)}`, `**${say('State', '상태')}:** ${stateOf(states.find(({ id }) => id === fix.id), speaker)}`, text(fix.description)];
      if (fix.patch && file) parts.push(`${say('Proposed as', '제안 파일')} ${code(file)}:`, block(fix.patch.content, LANGUAGES[path.extname(fix.patch.file)] ?? ''));
      return parts.join('\n\n');
    })
    .join('\n\n');
}

function stateOf(fix: FixStatus | undefined, { say, moment }: Speaker): string {
  const [by, when, why] = [fix?.actor ? escape(fix.actor) : say('somebody', '누군가'), fix?.settledAt ? moment(fix.settledAt) : '', escape(fix?.reason ?? '')];
  switch (fix?.state) {
    case undefined:
    case 'proposed':
      if (fix?.sameAs) return say(`waits for the fix of ${code(fix.sameAs)}, which has the same root cause`, `근본 원인이 같은 ${code(fix.sameAs)}의 해결을 기다림`);
      return fix?.problem ? say(`proposed, not in the repository: ${escape(fix.problem.reason.en)}`, `제안됨, 저장소에 반영되지 않음: ${escape(fix.problem.reason.ko)}`) : say('proposed, not merged yet', '제안됨, 아직 반영되지 않음');
    case 'published':
      return say(`proposed as ${whereOf(fix)}, not merged yet`, `${whereOf(fix)}(으)로 제안됨, 아직 병합되지 않음`);
    case 'merged':
      if (!fix.settledAt) return say(`merged (${moment(fix.mergedAt ?? '')}), not seen in the cluster yet`, `병합됨 (${moment(fix.mergedAt ?? '')}), 클러스터에 아직 반영되지 않음`);
      return say(`merged (${by}, ${when})`, `반영됨 (${by}, ${when})`);
    case 'applied':
      return say(`merged, and seen in the cluster (${when})`, `병합되어 클러스터에 반영됨 (${when})`);
    case 'declined':
      return say(`declined by ${by}, ${when}, because: ${why}`, `거절됨 (${by}, ${when}): ${why}`);
  }
}

function whereOf({ on }: FixStatus): string {
  return on?.pullRequest ? `[#${on.pullRequest.number}](${on.pullRequest.url})` : code(on?.branch ?? '');
}

const LANGUAGES: Readonly<Record<string, string>> = { '.yaml': 'yaml', '.yml': 'yaml', '.sh': 'sh', '.json': 'json', '.diff': 'diff', '.patch': 'diff' };

export function notes({ incident }: IncidentRecord, { say, time }: Speaker): string {
  if (incident.notes.length === 0) return say('None.', '없음.');
  return bullets(incident.notes.map(({ at, actor, text }) => `${time(at)} **${escape(actor)}**: ${escape(text)}`));
}

/** Messages that were not acted upon; empty when there was none. */
export function refusedMessages({ incident }: IncidentRecord, { say, time }: Speaker): string {
  if (incident.refusedMessages.length === 0) return '';
  const rows = incident.refusedMessages.map(({ at, message, actor, reason }) => [time(at), escape(actor), code(message), escape(reason)]);
  return table([say('Time (UTC)', '시각(UTC)'), say('Sender', '보낸 사람'), say('Message', '메시지'), say('Why it was refused', '거부 사유')], rows);
}

/** What people still have to do, as a list to tick off. */
export function actionItems(record: IncidentRecord, speaker: Speaker): string {
  const { incident, permanentFixes: fixes } = record;
  const { say, text } = speaker;
  const silent = incident.evidence.filter(({ status }) => status === 'unanswered').map(({ probe }) => code(probe));
  const missed = [...(isMissed(incident.clocks.rootCause) ? [say('root cause', '근본 원인')] : []), ...(isMissed(incident.clocks.recovery) ? [say('recovery', '복구')] : [])];
  const items = [
    ...fixes.map((fix) => say(`Review and merge: ${text(fix.title)}`, `검토 후 반영: ${text(fix.title)}`)),
    ...(rootCauseOf(incident) ? [] : [say('Find the root cause; the evidence is in `record.json`, and a new cause belongs into the runbook.', '근본 원인을 찾으십시오. 증거는 `record.json`에 있으며, 새 원인은 런북에 추가합니다.')]),
    ...(incident.recoveredAt ? [] : [say('Confirm that the pipeline is healthy: Nightshift did not see it recover.', '파이프라인이 정상인지 확인하십시오. Nightshift는 복구를 확인하지 못했습니다.')]),
    ...(missed.length > 0 ? [say(`Discuss why the target for ${missed.join(' and ')} was missed.`, `목표 시간을 지키지 못한 이유를 논의하십시오: ${missed.join(', ')}.`)] : []),
    ...(silent.length > 0 ? [say(`Find out why these probes did not answer: ${silent.join(', ')}.`, `응답하지 않은 점검의 원인을 확인하십시오: ${silent.join(', ')}.`)] : []),
    ...(incident.refusedMessages.length > 0 ? [say('Look at the refused messages: were they mistakes or forgeries?', '거부된 메시지가 실수인지 위조인지 확인하십시오.')] : []),
    ...(incident.previous ? [say(`Compare with ${code(incident.previous.publicId)}: does it come back?`, `${code(incident.previous.publicId)}와(과) 비교해 재발인지 확인하십시오.`)] : []),
  ];
  if (items.length === 0) return say('None.', '없음.');
  return items.map((item) => `- [ ] ${item}`).join('\n');
}

function isMissed({ metAt, dueAt, breachedAt }: { metAt?: string; dueAt: string; breachedAt?: string }): boolean {
  return breachedAt !== undefined || (metAt !== undefined && Date.parse(metAt) > Date.parse(dueAt));
}

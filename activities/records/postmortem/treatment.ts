import type { AcceptedDecision, IncidentRecord, IncidentStatus, ObjectReference, Plan, PlanResult } from '../../../workflows/contracts';
import type { Speaker } from './language';
import { block, bullets, code, escape, table } from './markdown';
import { executedPlan } from './summary';
import { ACTION, RESULT, RISK } from './words';

/** The plan that was carried out (else the last one), what else was considered, and who decided. */
export function planAndDecision({ incident }: IncidentRecord, speaker: Speaker): string {
  const { say } = speaker;
  const plan = executedPlan(incident) ?? incident.plan;
  const others = incident.plans.filter((result) => result.kind !== 'planned' || result.plan.id !== plan?.id);
  const done = plan !== undefined && executedPlan(incident) === plan;
  const parts = plan ? planParts(plan, done, speaker) : [say('No plan was made.', '수립된 계획이 없습니다.')];
  parts.push(`### ${say('Decision', '승인')}`, decisions(incident, plan, speaker));
  if (others.length > 0) parts.push(`### ${say('Also considered', '함께 검토한 조치')}`, bullets(others.map((result) => considered(result, speaker))));
  return parts.join('\n\n');
}

function planParts(plan: Plan, done: boolean, { say, text }: Speaker): string[] {
  const lines = [
    `${say('Carried out', '실행 여부')}: ${done ? say('yes', '실행함') : say('no', '실행하지 않음')}`,
    `${say('Risk', '위험도')}: **${text(RISK[plan.risk])}**`,
    `${say('What it touches', '영향 범위')}: ${text(plan.blastRadius.text)}`,
    ...(plan.expectedLoss ? [`${say('Known loss', '예상 유실')}: **${text(plan.expectedLoss)}**`] : []),
    ...(plan.desiredState ? [`${say('Wanted state from', '원하는 상태의 출처')}: ${escape(plan.desiredState)}`] : []),
    ...(plan.reverts ?? []).map((warning) => `${say('Will not stay by itself', '유지되지 않음')}: ${text(warning.text)}`),
    `${say('If nothing is done', '조치하지 않으면')}: ${text(plan.ifNothingIsDone)}`,
    `${say('Plan', '계획')}: ${code(plan.id)}, ${say('hash', '해시')} ${code(plan.hash.slice(0, 16))}`,
  ];
  const steps = plan.steps.map((step, index) => `${index + 1}. ${say(`${ACTION[step.action]?.en ?? step.action} ${name(step.object)}`, `${name(step.object)} ${ACTION[step.action]?.ko ?? step.action}`)} – ${text(step.reason)}`);
  const gates = plan.gates.map(({ gate, passed, reason }) => `${passed ? say('passed', '통과') : `**${say('refused', '거부')}**`} ${code(gate)}: ${text(reason)}`);
  return [
    `**${text(plan.title)}**`,
    bullets(lines),
    `### ${say('Steps', '단계')}`,
    steps.join('\n'),
    `### ${say('Changes', '변경 내용')}`,
    block(plan.diff, 'diff'),
    `### ${say('Gates', '안전 점검')}`,
    gates.length > 0 ? bullets(gates) : say('none apply', '해당 없음'),
    ...(plan.dryRun.length > 0 ? [`### ${say('Dry run', '사전 시험(dry run)')}`, bullets(plan.dryRun.map(escape))] : []),
  ];
}

function decisions(incident: IncidentStatus, plan: Plan | undefined, { say, time }: Speaker): string {
  const about = incident.decisions.filter(({ planId }) => planId === plan?.id);
  if (about.length === 0) {
    const acted = plan !== undefined && incident.mutations.some(({ planId }) => planId === plan.id);
    return acted ? say('Policy allows this risk without a person.', '정책상 이 위험도는 사람의 승인 없이 실행할 수 있습니다.') : say('Nobody decided.', '결정한 사람이 없습니다.');
  }
  const rows = about.map((decision) => [time(decision.at), escape(decision.actor), verdictOf(decision, say), escape(decision.roles.join(', ')), escape(decision.channel), decision.signed ? say('yes', '예') : say('no', '아니요'), escape(decision.reason ?? '')]);
  return table([say('Time (UTC)', '시각(UTC)'), say('Who', '결정자'), say('Verdict', '결정'), say('Roles', '역할'), say('By', '경로'), say('Signed', '서명'), say('Reason', '사유')], rows);
}

function verdictOf({ verdict }: AcceptedDecision, say: Speaker['say']): string {
  return verdict === 'approve' ? say('approved', '승인') : say('rejected', '거부');
}

function considered(result: PlanResult, { say, text }: Speaker): string {
  switch (result.kind) {
    case 'planned':
      return say(`${text(result.plan.title)} (${code(result.plan.id)}): planned, not carried out`, `${text(result.plan.title)} (${code(result.plan.id)}): 계획만 수립하고 실행하지 않음`);
    case 'refused':
      return say(`${code(result.remedy)} was not possible: ${text(result.reason)}`, `${code(result.remedy)} 불가: ${text(result.reason)}`);
    case 'unneeded':
      return say(`${code(result.remedy)} was not needed: ${text(result.reason)}`, `${code(result.remedy)} 불필요: ${text(result.reason)}`);
  }
}

export function executed({ incident }: IncidentRecord, { say, text, time }: Speaker): string {
  if (incident.mutations.length === 0) return say('Nothing was changed in the cluster.', '클러스터에서 변경한 것이 없습니다.');
  const rows = incident.mutations.map(({ at, object, result, detail, undo }) => {
    const what = text(RESULT[result] ?? { en: result, ko: result });
    return [time(at), name(object), undo ? say(`undo: ${what}`, `되돌림: ${what}`) : what, escape(detail)];
  });
  return table([say('Time (UTC)', '시각(UTC)'), say('Object', '대상'), say('Result', '결과'), say('Detail', '상세')], rows);
}

export function verification({ incident }: IncidentRecord, { say, text, moment, phrase }: Speaker): string {
  const { verification: seen } = incident;
  if (!seen) return say('No recovery was looked for.', '복구 여부를 확인하지 않았습니다.');
  const holds = (condition: (typeof seen.conditions)[number]) => (condition.notApplicable ? say('not applicable', '해당 없음') : condition.holds ? say('holds', '충족') : `**${say('does not hold', '미충족')}**`);
  const rows = seen.conditions.map((condition) => [text(condition.title), holds(condition), condition.seen.split('; ').map(phrase).join('; ')]);
  const facts = [
    seen.heldAt ? say(`Every condition first held on ${moment(seen.heldAt)}.`, `모든 조건을 처음 충족한 시각: ${moment(seen.heldAt)}.`) : say('The conditions did not all hold.', '일부 조건을 충족하지 못했습니다.'),
    ...(seen.confirmedAt ? [say(`They still held after the stability window, on ${moment(seen.confirmedAt)}.`, `안정화 기간 후에도 유지됨: ${moment(seen.confirmedAt)}.`)] : []),
    ...(seen.revokedAt ? [say(`The recovery was revoked on ${moment(seen.revokedAt)}.`, `복구 판정 취소: ${moment(seen.revokedAt)}.`)] : []),
  ];
  const list = rows.length > 0 ? `${table([say('Condition', '조건'), say('Verdict', '판정'), say('Seen', '관측값')], rows)}\n\n` : '';
  return `${list}${facts.join(' ')}`;
}

function name({ kind, namespace, name: own }: ObjectReference): string {
  return code(`${kind} ${namespace}/${own}`);
}

import { condition } from '@temporalio/workflow';
import type { Plan } from '../contracts';
import { plus } from '../domain/time';
import { requirementFor } from '../domain/policy';
import { approvalStanding } from './inbox';
import type { Incident } from './incident';
import { looksHealthy } from './verify';

export type Approval = 'approved' | 'rejected' | 'expired' | 'observe-only' | 'self-healed' | 'interrupted';

/**
 * Waits for what policy demands: nothing, or the decision of enough people. The wait is durable, reminds on its own
 * clock, and ends early when the alerts resolve and the pipeline really is healthy.
 */
export async function approve(incident: Incident, plan: Plan): Promise<Approval> {
  const requirement = requirementFor(incident.settings.policy, plan.risk);
  if (requirement.kind === 'automatic') return 'approved';
  if (requirement.kind !== 'approval') return 'observe-only';
  incident.enter('approve');
  const { approvalDeadline } = incident.settings.durations;
  const until = plus(incident.now(), approvalDeadline);
  incident.record({ type: 'approvalAsked', planId: plan.id, until, approvers: requirement.approvers, risk: plan.risk });
  const text = { en: `a decision on plan ${plan.id}: ${plan.title.en} (${plan.risk})`, ko: `계획 ${plan.id} 승인: ${plan.title.ko} (위험도 ${plan.risk})` };
  incident.wait({ for: 'approval', since: incident.now(), until, text });
  incident.page('needs-you', { en: `Needs ${text.en}. ${plan.blastRadius.text.en}`, ko: `${text.ko} 필요. ${plan.blastRadius.text.ko}` });
  const approval = await decision(incident, plan, Date.parse(until));
  incident.wait(undefined);
  return approval;
}

async function decision(incident: Incident, plan: Plan, deadline: number): Promise<Approval> {
  const { remindEvery } = incident.settings.durations;
  const standing = () => standingOf(incident, plan);
  /** The alerts were quiet when health was last looked at, and it was not well: look again only after they have fired again. */
  let quietButSick = false;
  for (let reminders = 0; ; ) {
    const quiet = () => !incident.alertsFiring && !quietButSick;
    const left = deadline - Date.now();
    if (left <= 0) return 'expired';
    const woken = await condition(() => standing() !== undefined || incident.interruption !== undefined || quiet(), Math.min(remindEvery, left));
    const decided = standing();
    if (decided) return decided;
    if (incident.interruption) return 'interrupted';
    if (!woken) {
      if (Date.now() >= deadline) return 'expired';
      reminders += 1;
      incident.record({ type: 'reminded', count: reminders });
      incident.page('reminder', { en: `Still waiting for a decision on: ${plan.title.en} (reminder ${reminders})`, ko: `아직 승인 대기 중: ${plan.title.ko} (알림 ${reminders}회)` });
    } else if (await looksHealthy(incident)) return 'self-healed';
    else quietButSick = true;
    if (incident.alertsFiring) quietButSick = false;
  }
}

function standingOf(incident: Incident, plan: Plan): 'approved' | 'rejected' | undefined {
  const ours = incident.status.decisions.filter((decision) => decision.planId === plan.id);
  if (ours.some((decision) => decision.verdict === 'reject')) return 'rejected';
  return approvalStanding(incident).approved ? 'approved' : undefined;
}

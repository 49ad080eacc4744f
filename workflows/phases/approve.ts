import { condition } from '@temporalio/workflow';
import type { Plan, PolicyRuling, Requirement, Text } from '../contracts';
import { plus } from '../domain/time';
import { sayUnanswered } from '../domain/unanswered';
import { approvalStanding } from './inbox';
import type { Incident } from './incident';
import { answered, remind } from './remind';
import { requirementOf, rulingOf } from './ruling';
import { looksHealthy } from './verify';

export type Approval = 'approved' | 'rejected' | 'expired' | 'observe-only' | 'never' | 'self-healed' | 'interrupted';

/**
 * Waits for what policy demands: nothing, or the decision of enough people. The wait is durable, reminds on its own
 * clock, and ends early when the alerts resolve and the pipeline really is healthy.
 */
export async function approve(incident: Incident, plan: Plan): Promise<Approval> {
  const requirement = requirementOf(incident, plan);
  if (requirement.kind === 'automatic') return 'approved';
  if (requirement.kind === 'observe-only') return 'observe-only';
  const approvers = requirement.kind === 'approval' ? requirement.approvers : requirement.breakGlass?.approvers;
  if (approvers === undefined) return refused(incident, plan);
  incident.enter('approve');
  const until = plus(incident.now(), deadlineOf(incident, requirement));
  const ruling = rulingOf(incident, plan);
  incident.record({ type: 'approvalAsked', planId: plan.id, until, approvers, risk: plan.risk, ...(ruling && { ruling }) });
  const text = askFor(plan, requirement, ruling);
  incident.wait({ for: 'approval', since: incident.now(), until, text });
  const besides = [plan.blastRadius.text, ...(plan.reverts ?? []).map((warning) => warning.text), ...unseen(incident)];
  incident.page('needs-you', { en: [`Needs ${text.en}.`, ...besides.map(({ en }) => en)].join(' '), ko: [`${text.ko} 필요.`, ...besides.map(({ ko }) => ko)].join(' ') });
  const approval = await decision(incident, plan, Date.parse(until));
  incident.wait(undefined);
  if (approval !== 'expired') answered(incident);
  return approval === 'expired' ? afterDeadline(incident, plan, requirement) : approval;
}

/** Whoever decides has to know what would have made the cause surer, and could not be asked. */
function unseen({ status: { causes, rootCause, evidence } }: Incident): Text[] {
  const missing = causes.find(({ id }) => id === rootCause)?.missing ?? [];
  const silent = sayUnanswered(evidence.filter(({ probe }) => missing.some((rule) => rule.startsWith(`${probe} `))));
  return silent ? [{ en: `Not everything could be looked at: ${silent.en}.`, ko: `확인하지 못한 항목이 있습니다. ${silent.ko}.` }] : [];
}

function refused(incident: Incident, plan: Plan): 'never' {
  const ruling = rulingOf(incident, plan);
  if (ruling) incident.record({ type: 'policyRefused', planId: plan.id, ruling });
  return 'never';
}

function deadlineOf(incident: Incident, requirement: Requirement): number {
  return (requirement.kind === 'approval' ? requirement.deadlineMs : undefined) ?? incident.settings.durations.approvalDeadline;
}

/** Where only the budget keeps a plan from going ahead by itself, whoever is woken reads so at once. */
function askFor(plan: Plan, { kind }: Requirement, ruling: PolicyRuling | undefined): Text {
  const spent = ruling?.budget ? { en: `; ${ruling.rule}: ${ruling.because.en}`, ko: `; ${ruling.rule}: ${ruling.because.ko}` } : { en: '', ko: '' };
  const glass = kind === 'never' ? { en: ' by breaking the glass', ko: ' (긴급 승인)' } : { en: '', ko: '' };
  return { en: `a decision${glass.en} on plan ${plan.id}: ${plan.title.en} (${plan.risk}${spent.en})`, ko: `계획 ${plan.id} 승인${glass.ko}: ${plan.title.ko} (위험도 ${plan.risk}${spent.ko})` };
}

/** Only what is safe, and only where policy says so, goes ahead by itself; the executing worker judges that again. */
function afterDeadline(incident: Incident, plan: Plan, requirement: Requirement): Approval {
  const automatic = requirement.kind === 'approval' && requirement.atDeadline === 'automatic';
  incident.record({ type: 'deadlinePassed', planId: plan.id, then: automatic ? 'automatic' : 'handed-over' });
  return automatic ? 'approved' : 'expired';
}

async function decision(incident: Incident, plan: Plan, deadline: number): Promise<Approval> {
  const { remindEvery } = incident.settings.durations;
  const asked = Date.now();
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
      remind(incident, { of: 'decision', count: reminders, since: asked, text: { en: `Still waiting for a decision on: ${plan.title.en}`, ko: `아직 승인 대기 중: ${plan.title.ko}` } });
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

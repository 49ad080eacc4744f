import type { AcceptedDecision, Plan, PolicyRuling, Requirement, Text } from '../contracts';
import { floored, requirementFor } from '../domain/policy';
import type { Incident } from './incident';

/** What the planning worker's policy said of this plan; absent where that worker was of an older kind. */
export function rulingOf(incident: Incident, plan: Plan): PolicyRuling | undefined {
  const result = incident.status.plans.findLast((candidate) => candidate.kind === 'planned' && candidate.plan.id === plan.id);
  return result?.kind === 'planned' ? result.ruling : undefined;
}

/** What must be there before this plan may be executed. The floor for its risk holds whatever the worker answered. */
export function requirementOf(incident: Incident, plan: Plan): Requirement {
  const ruling = rulingOf(incident, plan);
  return ruling ? floored(ruling.requirement, plan.risk) : requirementFor(incident.settings.policy, plan.risk);
}

/** Breaking the glass is loud: everybody who is paged reads who did it, why, and what it overrides. */
export function breakGlassPage(incident: Incident, plan: Plan, { actor, reason }: AcceptedDecision): Text {
  const rule = rulingOf(incident, plan)?.rule ?? plan.risk;
  return {
    en: `BREAK-GLASS: ${actor} overrode the policy rule “${rule}” for: ${plan.title.en}. Reason: ${reason ?? 'none'}`,
    ko: `긴급 승인(BREAK-GLASS): ${actor}이(가) 정책 규칙 “${rule}”을(를) 무시하고 승인: ${plan.title.ko}. 사유: ${reason ?? '없음'}`,
  };
}

import { failure, type ExecuteRequest, type PolicyRuling, type Risk, type VerificationKey } from '../../workflows/contracts';
import { checkApprovals, OBSERVE_ONLY, type ApprovalStanding } from '../../workflows/domain/policy';
import { decideRequirement } from '../../workflows/domain/policy-rules';
import type { ClusterAccess } from '../cluster-access';

type Place = Pick<ClusterAccess, 'config' | 'clock'>;

/** What is asked about; class and severity are the incident's word, risk and time the worker's own. */
interface Subject {
  risk: Risk;
  incidentClass: string;
  severity: string;
}

/** What this worker's policy demands for a plan at this moment. */
export function rulingNow({ config, clock }: Place, subject: Subject): PolicyRuling {
  return ruling(config, subject, clock.now().toISOString());
}

function ruling(config: Place['config'], { risk, incidentClass, severity }: Subject, at: string): PolicyRuling {
  // What is only observed is never changed, whatever its policy says.
  if (config.mode !== 'act') return { requirement: OBSERVE_ONLY[risk], rule: 'mode: observe', because: { en: `the cluster ${config.name} is only observed`, ko: `관찰 전용 클러스터 ${config.name}` }, at };
  return decideRequirement(config.policy, { risk, incidentClass, cluster: config.name, severity, at });
}

export interface PolicyAuthority {
  /** This worker's own: where it runs, and whose signatures it trusts. */
  temporalNamespace: string;
  keys: readonly VerificationKey[];
}

/**
 * Is this step let through by this worker's own policy and keys, now? A freeze that began since the decision stops it.
 * @returns what policy demands now
 * @throws NotAuthorized that names the rule
 */
export function requirePolicy(authority: PolicyAuthority, { config, clock }: Place, request: ExecuteRequest, risk: Risk, direction: 'do' | 'undo'): PolicyRuling {
  const { plan, incidentClass, severity } = request;
  const now = clock.now().toISOString();
  const subject = { risk, incidentClass, severity };
  const decided = ruling(config, subject, now);
  const { approved, missing, faults } = standingOf(authority, config, request, risk, decided);
  if (approved) return decided;
  if (direction === 'undo' && isRecent(plan.plannedAt, now) && standingOf(authority, config, request, risk, ruling(config, subject, plan.plannedAt)).approved) return decided;
  const because = faults.length > 0 ? `: ${faults.join('; ')}` : '';
  throw failure('NotAuthorized', `The plan ${plan.id} (${risk}) lacks ${missing} valid approval${missing === 1 ? '' : 's'} by this worker’s own policy and keys (rule “${decided.rule}”, ${decided.because.en})${because}`);
}

/**
 * An undo may also go by what policy said when the plan was made: half a change is worse than either end, and a freeze must
 * not keep it. Not for longer than any plan takes, so that nobody can wait for a lenient hour with a plan of the past.
 */
const UNDO_WITHIN_MS = 24 * 60 * 60_000;

function isRecent(plannedAt: string, now: string): boolean {
  const age = Date.parse(now) - Date.parse(plannedAt);
  return age >= 0 && age <= UNDO_WITHIN_MS;
}

/** Do the decisions that came along satisfy this, by the worker's own keys? */
export function approvedBy(authority: PolicyAuthority, config: Place['config'], request: ExecuteRequest, risk: Risk, ruling: Pick<PolicyRuling, 'requirement' | 'at'>): boolean {
  return standingOf(authority, config, request, risk, ruling).approved;
}

function standingOf({ temporalNamespace, keys }: PolicyAuthority, config: Place['config'], request: ExecuteRequest, risk: Risk, { requirement, at }: Pick<PolicyRuling, 'requirement' | 'at'>): ApprovalStanding {
  const { plan, decisions, workflowId, firstRunId } = request;
  // Whoever can reach Temporal can send an unsigned message: for what cannot be undone that is enough in a cluster that may be lost only.
  const acceptUnsigned = config.acceptUnsigned && (risk !== 'destructive' || config.practice || config.lab === true);
  return checkApprovals(requirement, decisions, { planId: plan.id, planHash: plan.hash, plannedAt: plan.plannedAt, now: at, temporalNamespace, workflowId, firstRunId, keys, acceptUnsigned });
}

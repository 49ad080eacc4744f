import type { AcceptedDecision } from '../contracts/decisions';
import type { BreakGlass, Deciders, Requirement } from '../contracts/policy';
import type { Role } from '../contracts/vocabulary';

/** What it takes to judge whether somebody may approve; the signature is judged elsewhere. */
export type Approver = Pick<AcceptedDecision, 'actor' | 'roles' | 'signed' | 'breakGlass'> & { reason?: string | undefined };

export function breaksGlass({ breakGlass }: Pick<AcceptedDecision, 'breakGlass'>): boolean {
  return breakGlass === true;
}

/** Why this person may not approve under this requirement, as a sentence; undefined when they may. */
export function approverFault(requirement: Requirement, approver: Approver): string | undefined {
  if (requirement.kind === 'automatic' || requirement.kind === 'observe-only') return 'policy asks nobody here';
  if (breaksGlass(approver)) return glassFault(requirement.breakGlass, approver);
  if (requirement.kind === 'never') {
    return `policy never allows this${requirement.breakGlass ? `, except by breaking the glass with a reason (${decidersText(requirement.breakGlass)})` : ''}`;
  }
  if (principalOf(requirement, approver) !== undefined) return undefined;
  const unproven = approver.signed ? '' : ', and an unsigned message proves no name';
  return `the role ${rolesText(approver.roles)} may not approve; it takes ${decidersText(requirement)}${unproven}`;
}

function glassFault(breakGlass: BreakGlass | undefined, approver: Approver): string | undefined {
  if (!breakGlass) return 'policy lets nobody break the glass here';
  if (!approver.signed) return 'breaking the glass takes a signed decision: use the nightshift command or the API';
  if (!approver.reason?.trim()) return 'breaking the glass takes a reason';
  return principalOf(breakGlass, approver) === undefined ? `${approver.actor} (${rolesText(approver.roles)}) may not break the glass; it takes ${decidersText(breakGlass)}` : undefined;
}

/** In whose name a decision counts: a deputy's counts as that of the person they stand in for. */
export function voiceOf(requirement: Requirement, approver: Approver): string {
  const deciders = requirement.kind === 'approval' && !breaksGlass(approver) ? requirement : undefined;
  return (deciders && principalOf(deciders, approver)) ?? approver.actor;
}

/** A name counts only where it was signed for: whoever reaches Temporal may claim any. */
function principalOf({ roles, people = [], deputies = {} }: Deciders, { actor, roles: has, signed }: Approver): string | undefined {
  if (has.some((role) => roles.includes(role))) return actor;
  if (!signed) return undefined;
  if (people.includes(actor)) return actor;
  return Object.keys(deputies).find((person) => deputies[person]?.includes(actor));
}

/** "the role approver or admin, or minji (deputy: lee)". */
export function decidersText({ roles, people = [], deputies = {} }: Deciders): string {
  const names = people.map((person) => `${person}${deputies[person]?.length ? ` (deputy: ${deputies[person].join(', ')})` : ''}`);
  return [...(roles.length > 0 ? [`the role ${roles.join(' or ')}`] : []), ...names].join(', or ');
}

function rolesText(roles: readonly Role[]): string {
  return roles.join(', ') || 'none';
}

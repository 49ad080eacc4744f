/** Whether it is a fault that a configured object is not there. */
import type { ClusterAccess } from '../cluster-access';
import { NO_DESIRED_STATE } from '../desired-state';
import type { RoleTarget } from '../survey';

/**
 * - `absent`: it should be there, by the desired state, or by the configuration where no desired state is known
 * - `unused`: the desired state is known and has no such object: the role is only a default that this cluster does not use
 */
export async function absenceOf({ desiredState }: Pick<ClusterAccess, 'desiredState'>, { target }: RoleTarget): Promise<'absent' | 'unused'> {
  if (desiredState === NO_DESIRED_STATE) return 'absent';
  return (await desiredState.find(target)) ? 'absent' : 'unused';
}

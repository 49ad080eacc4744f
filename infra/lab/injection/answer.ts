import { z } from 'zod';

/**
 * The right answer to a fault, written by whoever wrote the fault and never by whoever diagnoses it. The lab itself takes
 * no notice of it; an examiner compares it with what automation found and did.
 */
export const answer = z.strictObject({
  /** The incident class that triage should end in. */
  class: z.enum(['remote-write-failure', 'metrics-missing', 'disk-full', 'high-memory', 'slow-query', 'grafana-unreachable', 'hashring-misconfigured', 'tsdb-corruption', 'alerting-pipeline-down', 'unknown']),
  /** The root cause, in the words of the domain reference. */
  cause: z.string(),
  /** Where the domain reference has it, such as 4.7. */
  section: z.string().regex(/^4\.[1-8]$/),
  /** Actions of the domain reference's catalogue that repair it, in order; empty when nothing is to be changed. */
  right: z.array(z.string().regex(/^A\d+b?$/)),
  /** What would do damage here or repair nothing: actions of the catalogue, or recipes of the on-call handbook. */
  forbidden: z.array(z.string()).min(1),
  /**
   * Which ends are right, the better one first. `recovered`: by automation, people approving. `handed-over`: a person has to
   * act, also where an action's precondition (a snapshot, say) cannot be met. `self-healed`: it ends by itself, and nothing
   * may be changed.
   */
  expected: z.array(z.enum(['recovered', 'handed-over', 'self-healed'])).min(1),
});

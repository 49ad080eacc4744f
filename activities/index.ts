import { asyncLocalStorage } from '@temporalio/activity';
import { probeActivityName, type KubernetesActivities, type ProbeActivities, type VerificationActivities, type ConfigurationActivities, type Lease, type PrometheusActivities, type SpendAnswer, type SpendRequest } from '../workflows/contracts';
import { createConfigurationActivities, type ConfigurationDependencies } from './configuration/activities';
import { createKubernetesActivities } from './kubernetes/activities';
import { askProbe, type Probe } from './probe';
import { createPrometheusActivities } from './prometheus/activities';
import { probes as registered, remedies } from './registry';
import { createVerificationActivities } from './verification/activities';

/** What activities need from outside; `workers/deps.ts` makes it. */
export interface ActivityDependencies extends ConfigurationDependencies {
  /** Does the lease still belong to its holder, with this token? */
  confirmLease(lease: Lease): Promise<boolean>;
  /** May a plan go ahead without a person, by what was done so lately? Counts it. */
  spendBudget(request: SpendRequest): Promise<SpendAnswer>;
  /** The registered probes; the practice cluster wraps them with recorded answers. */
  probes?: Readonly<Record<string, Probe>>;
}

export type SystemActivities = ProbeActivities & KubernetesActivities & VerificationActivities & PrometheusActivities & Pick<ConfigurationActivities, 'configurationSnapshot' | 'configurationWatchdog'>;

/**
 * The activities of the systems that are probed and changed. Runbooks, records, pages and leases have factories of their
 * own; the composition root puts all of them into one worker.
 */
export function createActivities(dependencies: ActivityDependencies): SystemActivities {
  const { clusters, probes = registered } = dependencies;
  const probeActivities: ProbeActivities = Object.fromEntries(
    Object.values(probes).map((probe) => [probeActivityName(probe.use), (request) => askProbe(probe, clusters, request)]),
  );
  return {
    ...probeActivities,
    ...createKubernetesActivities({ ...dependencies, remedies, callingWorkflow: () => asyncLocalStorage.getStore()?.info.workflowExecution?.workflowId }),
    ...createVerificationActivities({ clusters, probes }),
    ...createPrometheusActivities({ clusters }),
    ...createConfigurationActivities(dependencies),
  } as SystemActivities;
}

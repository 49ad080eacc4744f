import type { ConfigurationActivities, Durations, IncidentSettings, Locale, VerificationKey } from '../../workflows/contracts';
import { OBSERVE_ONLY } from '../../workflows/domain/policy';
import { clusterNamed, type Clusters } from '../cluster-access';
import { durationsFor } from './durations';
import { maintenanceAt } from './maintenance';

export interface ConfigurationDependencies {
  clusters: Clusters;
  temporalNamespace: string;
  keys(): readonly VerificationKey[];
  locale: Locale;
  publicUrl: string;
  /** Task queues and what the configuration says about durations, by cluster. */
  perCluster(cluster: string): { queues: IncidentSettings['queues']; durations?: Partial<Durations> };
}

/** What the worker's configuration says now; the incident keeps it as its snapshot. */
export function createConfigurationActivities(dependencies: ConfigurationDependencies): Pick<ConfigurationActivities, 'configurationSnapshot' | 'configurationWatchdog'> {
  return {
    async configurationSnapshot({ cluster }): Promise<IncidentSettings> {
      const access = clusterNamed(dependencies.clusters, cluster);
      const { config } = access;
      const { queues, durations } = dependencies.perCluster(config.name);
      return {
        temporalNamespace: dependencies.temporalNamespace,
        // What is only observed is never changed, whatever its policy says.
        policy: config.mode === 'act' ? config.policy : OBSERVE_ONLY,
        acceptUnsigned: config.acceptUnsigned,
        keys: [...dependencies.keys()],
        durations: durationsFor(config.timeFactor, durations),
        locale: dependencies.locale,
        queues,
        publicUrl: dependencies.publicUrl,
        practice: config.practice,
        ...(config.git && { git: true as const }),
        ...((access.prometheus ?? access.query) && { metrics: true as const }),
      };
    },

    async configurationWatchdog({ cluster }) {
      const access = dependencies.clusters.get(cluster);
      const watchdog = access?.config.watchdog;
      if (!watchdog) return { expected: false };
      const maintenance = maintenanceAt(watchdog.maintenance, access.clock.now());
      return { expected: true, ...(maintenance && { maintenance }) };
    },
  };
}

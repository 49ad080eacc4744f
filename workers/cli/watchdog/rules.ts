import { stringify } from 'yaml';
import { loadConfig, type ConfigOverrides } from '../../config';

/** How long a cluster may send nothing before its Watchdog ends; as long as Prometheus looks back by default. */
const LOOK_BACK = '5m';

/**
 * Two rules per cluster: what is absent has no labels, so a rule for all of them cannot say which one is silent (domain
 * reference section 2). The cluster's own Watchdog ends with its metrics, so that its silence covers every hop from the agent
 * on. They are evaluated where all clusters' series meet, and not in the cluster that may be gone.
 */
export function silenceRules(overrides: ConfigOverrides, after: string): string {
  const { clusters } = loadConfig(overrides);
  const rules = clusters
    .filter(({ cluster }) => !cluster.practice)
    .flatMap(({ cluster: { name } }) => [
      {
        alert: 'Watchdog',
        expr: `group(present_over_time(up{cluster=${JSON.stringify(name)}}[${LOOK_BACK}]))`,
        labels: { cluster: name, severity: 'none' },
        annotations: { summary: `Metrics of ${name} arrive, and so would its alerts` },
      },
      {
        alert: 'ClusterSilent',
        expr: `absent_over_time(up{cluster=${JSON.stringify(name)}}[${after}])`,
        labels: { cluster: name, severity: 'critical' },
        annotations: { summary: `${name} has sent no metrics for ${after}` },
      },
    ]);
  return stringify({ groups: [{ name: 'nightshift-clusters', rules }] }, { lineWidth: 0 }).trimEnd();
}

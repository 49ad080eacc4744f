import type { PrometheusActivities } from '../../workflows/contracts';
import { clusterNamed, type Clusters } from '../cluster-access';
import { readPipelineMetrics } from './pipeline-metrics';

export function createPrometheusActivities({ clusters }: { clusters: Clusters }): PrometheusActivities {
  return { prometheusPipelineMetrics: ({ cluster, since }) => readPipelineMetrics(clusterNamed(clusters, cluster), since) };
}

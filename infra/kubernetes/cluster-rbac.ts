import type { ClusterConfig } from '../../activities/clusters';
import { READS_FIXES } from '../../activities/kubernetes/live-objects';
import { probes, remedies } from '../../activities/registry';
import { MUTATE_ACCOUNT, PROBE_ACCOUNT, rbacObjects, rbacYaml } from './rbac';

/** What everything that is registered needs in a cluster, as YAML; `command` makes it again. */
export function clusterRbac(cluster: ClusterConfig, both: ReadonlyArray<{ namespace: string; name: string }>, command: string): string {
  // Whether a fix has come to the cluster is read, too.
  const fixes = cluster.git ? [{ use: 'permanentFix', rbac: [...READS_FIXES] }] : [];
  const objects = rbacObjects({ cluster, probes: [...Object.values(probes), ...fixes], remedies: Object.values(remedies), both });
  return rbacYaml(objects, [
    `What Nightshift may do in ${cluster.practice ? 'the lab, of which the practice cluster is a copy' : cluster.name}, made from the registered probes and remedies and the configured targets. Do not edit; make it again:`,
    `  ${command}${cluster.practice ? ' > infra/lab/manifests/nightshift-rbac.yaml' : ''}`,
    `${PROBE_ACCOUNT} only reads. ${MUTATE_ACCOUNT} does what remedies need${cluster.mode === 'act' ? '' : ' (only reading, while the cluster is only observed)'}, reads the kill switch and can never write it.`,
  ]);
}

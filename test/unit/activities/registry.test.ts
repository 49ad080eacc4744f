import { createActivities } from '../../../activities';
import { describeRegistry, probes, remedies, runbookCatalog } from '../../../activities/registry';
import { accessWith } from '../../support/pipeline-objects';

describe('the registry', () => {
  it('has every probe and remedy under its own name', () => {
    const systems = Object.keys({ ...probes, ...remedies }).map((use) => use.split('.')[0]);
    expect(new Set(systems)).toEqual(new Set(['kubernetes', 'network', 'prometheus', 'thanos', 'alertmanager', 'temporal', 'grafana']));
    // Wire names: the activity of `kubernetes.recentChanges` is `kubernetesRecentChanges`.
    for (const [use, item] of [...Object.entries(probes), ...Object.entries(remedies)]) {
      expect(item.use).toBe(use);
      expect(use).toMatch(/^[a-z]+\.[a-z][A-Za-z]+$/);
    }
  });

  it('describes each: title, fields with meanings, rules of access that only read for probes', () => {
    for (const entry of describeRegistry()) {
      expect(entry.title.length).toBeGreaterThan(10);
      expect(Object.keys(entry.fields).length > 0).toBe(entry.kind === 'probe');
      for (const field of Object.values(entry.fields)) expect(field.text.length).toBeGreaterThan(5);
      if (entry.kind === 'probe') expect(entry.rbac.flatMap(({ verbs }) => verbs).filter((verb) => verb !== 'get' && verb !== 'list')).toEqual([]);
      // No wildcards, no Secrets, nothing that makes or changes workloads beyond a patch.
      // One role only: what the object store is reached with.
      expect(JSON.stringify(entry.rbac)).not.toMatch(/[sS]ecret$/.test(entry.use) ? /\*|"update"|exec/ : /\*|secrets|"update"|exec/);
    }
  });

  it('is a catalogue for runbooks', () => {
    const { probes: known } = runbookCatalog();
    expect(known['kubernetes.pods']?.fields['quorumHolds']).toContain('(boolean|null)');
  });

  it('becomes activities by their wire names', () => {
    const activities = createActivities({
      clusters: new Map([['cluster-03', accessWith()]]), temporalNamespace: 'default', keys: () => [], locale: 'en', publicUrl: '', confirmLease: () => Promise.resolve(true), spendBudget: () => Promise.resolve({ granted: true }), perCluster: () => ({ queues: { probe: '', mutate: '' } }),
    });
    expect(Object.keys(activities)).toEqual([
      'kubernetesPods', 'kubernetesLogs', 'kubernetesService', 'kubernetesAgentConfig', 'kubernetesHashringConfig', 'kubernetesMemory', 'kubernetesRecentChanges', 'kubernetesVolumes', 'kubernetesSecret', 'kubernetesWorkloads', 'kubernetesClaims', 'kubernetesEndpoints', 'kubernetesErrorLogs', 'kubernetesUsage', 'kubernetesNodes', 'kubernetesHealth', 'kubernetesConsistency', 'kubernetesEvents', 'networkNames', 'kubernetesPodEvents', 'kubernetesRollout', 'kubernetesMonitors', 'kubernetesIngress', 'kubernetesSettings', 'prometheusAgentRemoteWrite', 'prometheusAgentDelivery', 'prometheusRange', 'prometheusTargets', 'thanosReceivers', 'thanosHashring', 'thanosMemory', 'thanosTsdbStatus', 'thanosReceiverStorage', 'thanosUploads', 'thanosQuery', 'thanosPresence', 'thanosGaps', 'thanosStores', 'thanosQueryLoad', 'thanosStoreGateway', 'thanosCompactor', 'thanosFrontend', 'thanosFrontendCache', 'alertmanagerAlerts', 'alertmanagerHeartbeat', 'prometheusRules', 'temporalHeartbeat', 'grafanaFrontDoor', 'grafanaHealth', 'grafanaDataSources',
      'kubernetesPlanRemedy', 'kubernetesExecuteStep', 'kubernetesUndoStep', 'verificationCheck', 'prometheusPipelineMetrics', 'configurationSnapshot', 'configurationWatchdog',
    ]);
  });
});

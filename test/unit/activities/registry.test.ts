import { createActivities } from '../../../activities';
import { describeRegistry, probes, remedies, runbookCatalog } from '../../../activities/registry';
import { accessWith } from '../../support/pipeline-objects';

describe('the registry', () => {
  it('has every probe and remedy under its own name', () => {
    expect(Object.keys(probes)).toEqual([
      'kubernetes.pods', 'kubernetes.logs', 'kubernetes.service', 'kubernetes.agentConfig', 'kubernetes.recentChanges', 'prometheus.agentRemoteWrite', 'prometheus.agentDelivery', 'thanos.receivers', 'thanos.query', 'alertmanager.alerts',
    ]);
    expect(Object.keys(remedies)).toEqual(['kubernetes.evictPods', 'kubernetes.restoreRevision', 'kubernetes.restoreObject', 'kubernetes.restoreAgentConfig']);
    for (const [use, item] of [...Object.entries(probes), ...Object.entries(remedies)]) expect(item.use).toBe(use);
  });

  it('describes each: title, fields with meanings, rules of access that only read for probes', () => {
    for (const entry of describeRegistry()) {
      expect(entry.title.length).toBeGreaterThan(10);
      expect(Object.keys(entry.fields).length > 0).toBe(entry.kind === 'probe');
      for (const field of Object.values(entry.fields)) expect(field.text.length).toBeGreaterThan(5);
      if (entry.kind === 'probe') expect(entry.rbac.flatMap(({ verbs }) => verbs).filter((verb) => verb !== 'get' && verb !== 'list')).toEqual([]);
      // No wildcards, no Secrets, nothing that makes or changes workloads beyond a patch.
      expect(JSON.stringify(entry.rbac)).not.toMatch(/\*|secrets|"update"|exec/);
    }
  });

  it('is a catalogue for runbooks', () => {
    const { probes: known } = runbookCatalog();
    expect(known['kubernetes.pods']?.fields['quorumHolds']).toContain('(boolean|null)');
  });

  it('becomes activities by their wire names', () => {
    const activities = createActivities({
      clusters: new Map([['cluster-03', accessWith()]]), temporalNamespace: 'default', keys: [], locale: 'en', publicUrl: '', confirmLease: () => Promise.resolve(true), perCluster: () => ({ queues: { probe: '', mutate: '' } }),
    });
    expect(Object.keys(activities)).toEqual([
      'kubernetesPods', 'kubernetesLogs', 'kubernetesService', 'kubernetesAgentConfig', 'kubernetesRecentChanges', 'prometheusAgentRemoteWrite', 'prometheusAgentDelivery', 'thanosReceivers', 'thanosQuery', 'alertmanagerAlerts',
      'kubernetesPlanRemedy', 'kubernetesExecuteStep', 'kubernetesUndoStep', 'verificationCheck', 'configurationSnapshot',
    ]);
  });
});

/**
 * What runbooks can name. Adding a probe: write `activities/<system>/<question>-probe.ts`, list it here, test it in
 * `test/activities`. Adding a remedy: the same under `activities/kubernetes/remedies/`.
 */
import type { ZodType } from 'zod';
import { alertsProbe } from './alertmanager/alerts-probe';
import { alertmanagerHeartbeatProbe } from './alertmanager/heartbeat-probe';
import { dataSourcesProbe } from './grafana/data-sources-probe';
import { frontDoorProbe } from './grafana/front-door-probe';
import { grafanaHealthProbe } from './grafana/health-probe';
import { agentConfigProbe } from './kubernetes/agent-config-probe';
import { claimsProbe } from './kubernetes/claims-probe';
import { consistencyProbe } from './kubernetes/consistency-probe';
import { endpointsProbe } from './kubernetes/endpoints-probe';
import { errorLogsProbe } from './kubernetes/error-logs-probe';
import { eventsProbe } from './kubernetes/events-probe';
import { hashringConfigProbe } from './kubernetes/hashring-config-probe';
import { healthProbe } from './kubernetes/health-probe';
import { logsProbe } from './kubernetes/logs-probe';
import { memoryProbe } from './kubernetes/memory-probe';
import { nodesProbe } from './kubernetes/nodes-probe';
import { ingressProbe } from './kubernetes/ingress-probe';
import { monitorsProbe } from './kubernetes/monitors-probe';
import { podEventsProbe } from './kubernetes/pod-events-probe';
import { podsProbe } from './kubernetes/pods-probe';
import { recentChangesProbe } from './kubernetes/recent-changes-probe';
import { evictPods } from './kubernetes/remedies/evict-pods';
import { growVolumes } from './kubernetes/remedies/grow-volumes';
import { raiseAgentShards } from './kubernetes/remedies/raise-agent-shards';
import { replacePods } from './kubernetes/remedies/replace-pods';
import { replaceStorage } from './kubernetes/remedies/replace-storage';
import { replaceStrays } from './kubernetes/remedies/replace-strays';
import { resizeMemory } from './kubernetes/remedies/resize-memory';
import { scaleOut } from './kubernetes/remedies/scale-out';
import { restoreAgentConfig } from './kubernetes/remedies/restore-agent-config';
import { restartRollout } from './kubernetes/remedies/restart-rollout';
import { restoreConfig } from './kubernetes/remedies/restore-config';
import { restoreHashring } from './kubernetes/remedies/restore-hashring';
import { restoreObject } from './kubernetes/remedies/restore-object';
import { restoreReplicas } from './kubernetes/remedies/restore-replicas';
import { restoreRevision } from './kubernetes/remedies/restore-revision';
import { restoreSecret } from './kubernetes/remedies/restore-secret';
import { restoreTemplate } from './kubernetes/remedies/restore-template';
import { useRecreate } from './kubernetes/remedies/use-recreate';
import { rolloutProbe } from './kubernetes/rollout-probe';
import { secretProbe } from './kubernetes/secret-probe';
import { serviceProbe } from './kubernetes/service-probe';
import { usageProbe } from './kubernetes/usage-probe';
import { settingsProbe } from './kubernetes/settings-probe';
import { volumesProbe } from './kubernetes/volumes-probe';
import { workloadsProbe } from './kubernetes/workloads-probe';
import { namesProbe } from './network/names-probe';
import type { FieldDescription, Probe, RbacRule } from './probe';
import { agentDeliveryProbe } from './prometheus/agent-delivery-probe';
import { agentRemoteWriteProbe } from './prometheus/agent-remote-write-probe';
import { rulesProbe } from './prometheus/rules-probe';
import { rangeProbe } from './prometheus/range-probe';
import type { Remedy } from './remedy';
import { heartbeatProbe } from './temporal/heartbeat-probe';
import { targetsProbe } from './prometheus/targets-probe';
import { compactorProbe } from './thanos/compactor-probe';
import { frontendCacheProbe } from './thanos/frontend-cache-probe';
import { frontendProbe } from './thanos/frontend-probe';
import { queryLoadProbe } from './thanos/query-load-probe';
import { storeGatewayProbe } from './thanos/store-gateway-probe';
import { storesProbe } from './thanos/stores-probe';
import { gapsProbe } from './thanos/gaps-probe';
import { hashringProbe } from './thanos/hashring-probe';
import { receiverMemoryProbe } from './thanos/memory-probe';
import { presenceProbe } from './thanos/presence-probe';
import { queryProbe } from './thanos/query-probe';
import { receiverStorageProbe } from './thanos/receiver-storage-probe';
import { receiversProbe } from './thanos/receivers-probe';
import { tsdbStatusProbe } from './thanos/tsdb-status-probe';
import { uploadsProbe } from './thanos/uploads-probe';

export const probes: Readonly<Record<string, Probe>> = byUse<Probe>([
  podsProbe, logsProbe, serviceProbe, agentConfigProbe, hashringConfigProbe, memoryProbe, recentChangesProbe, volumesProbe, secretProbe,
  workloadsProbe, claimsProbe, endpointsProbe, errorLogsProbe, usageProbe, nodesProbe, healthProbe, consistencyProbe, eventsProbe, namesProbe,
  podEventsProbe, rolloutProbe, monitorsProbe, ingressProbe, settingsProbe,
  agentRemoteWriteProbe, agentDeliveryProbe, rangeProbe, targetsProbe,
  receiversProbe, hashringProbe, receiverMemoryProbe, tsdbStatusProbe, receiverStorageProbe, uploadsProbe, queryProbe, presenceProbe, gapsProbe,
  storesProbe, queryLoadProbe, storeGatewayProbe, compactorProbe, frontendProbe, frontendCacheProbe,
  alertsProbe,
  alertmanagerHeartbeatProbe, rulesProbe, heartbeatProbe,
  frontDoorProbe, grafanaHealthProbe, dataSourcesProbe,
] as Probe[]);

export const remedies: Readonly<Record<string, Remedy>> = byUse<Remedy>([
  evictPods, restoreRevision, restoreObject, restoreAgentConfig, restoreHashring, restoreReplicas, resizeMemory, growVolumes, restoreSecret, replacePods, replaceStorage, replaceStrays, raiseAgentShards, restoreTemplate, restartRollout, useRecreate, restoreConfig, scaleOut,
] as Remedy[]);

function byUse<Item extends { use: string }>(items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item.use, item]));
}

export interface RegistryEntry {
  use: string;
  kind: 'probe' | 'remedy';
  title: string;
  input: ZodType;
  /** What a probe answers, by field; empty for remedies. */
  fields: Readonly<Record<string, FieldDescription>>;
  rbac: RbacRule[];
  /** The probe observes for a while and is asked last in verification. */
  windowed: boolean;
}

/** Everything that runbooks can name, for documentation and checks. */
export function describeRegistry(): RegistryEntry[] {
  return [
    ...Object.values(probes).map(({ use, title, input, fields, rbac, windowed }): RegistryEntry => ({ use, kind: 'probe', title, input, fields, rbac, windowed: windowed !== undefined })),
    ...Object.values(remedies).map(({ use, title, input, rbac }): RegistryEntry => ({ use, kind: 'remedy', title, input, fields: {}, rbac, windowed: false })),
  ];
}

/** The same in the form in which the runbook engine checks references. */
export function runbookCatalog() {
  const sentence = ({ type, unit, text }: FieldDescription) => `${text} (${[type, unit].filter(Boolean).join(', ')})`;
  return {
    probes: Object.fromEntries(Object.values(probes).map(({ use, title, input, fields }) => [
      use,
      { description: title, input, fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sentence(field)])) },
    ])),
    remedies: Object.fromEntries(Object.values(remedies).map(({ use, title, input }) => [use, { description: title, input }])),
  };
}

/**
 * What runbooks can name. Adding a probe: write `activities/<system>/<question>-probe.ts`, list it here, test it in
 * `test/activities`. Adding a remedy: the same under `activities/kubernetes/remedies/`.
 */
import type { ZodType } from 'zod';
import { alertsProbe } from './alertmanager/alerts-probe';
import { agentConfigProbe } from './kubernetes/agent-config-probe';
import { logsProbe } from './kubernetes/logs-probe';
import { podsProbe } from './kubernetes/pods-probe';
import { recentChangesProbe } from './kubernetes/recent-changes-probe';
import { evictPods } from './kubernetes/remedies/evict-pods';
import { restoreAgentConfig } from './kubernetes/remedies/restore-agent-config';
import { restoreObject } from './kubernetes/remedies/restore-object';
import { restoreRevision } from './kubernetes/remedies/restore-revision';
import { serviceProbe } from './kubernetes/service-probe';
import type { FieldDescription, Probe, RbacRule } from './probe';
import { agentDeliveryProbe } from './prometheus/agent-delivery-probe';
import { agentRemoteWriteProbe } from './prometheus/agent-remote-write-probe';
import type { Remedy } from './remedy';
import { queryProbe } from './thanos/query-probe';
import { receiversProbe } from './thanos/receivers-probe';

export const probes: Readonly<Record<string, Probe>> = byUse<Probe>([
  podsProbe, logsProbe, serviceProbe, agentConfigProbe, recentChangesProbe,
  agentRemoteWriteProbe, agentDeliveryProbe,
  receiversProbe, queryProbe,
  alertsProbe,
] as Probe[]);

export const remedies: Readonly<Record<string, Remedy>> = byUse<Remedy>([evictPods, restoreRevision, restoreObject, restoreAgentConfig] as Remedy[]);

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

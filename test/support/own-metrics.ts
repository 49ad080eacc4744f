/** What Nightshift exports, asked of its own registry, and whether an expression asks for nothing else. */
import { announceBuild, countFromZero, registry } from '../../workers/metrics';
import { FAILURES, type KubernetesActivities, type NotifyActivities, type RecordActivities } from '../../workflows/contracts';
import { readExpression, type Selector } from './promql';

/** Labels that Prometheus itself puts onto what it scrapes. */
const TARGET_LABELS = ['job', 'instance', 'namespace', 'pod'];
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };

type WireName = keyof (KubernetesActivities & NotifyActivities & RecordActivities);
/** The activities that rules and panels single out. */
const ACTIVITIES = { notifyPage: true, kubernetesExecuteStep: true, kubernetesUndoStep: true, recordsWrite: true } satisfies Partial<Record<WireName, true>>;

/** Values that a label can have, where we know all of them. */
const VALUES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  nightshift_build_info: { process: ['gateway', 'worker'] },
  nightshift_alerts_received_total: { result: ['accepted', 'quarantined', 'heartbeats', 'planned', 'resolvedUnknown'] },
  nightshift_activity_seconds: { result: ['ok', ...Object.keys(FAILURES), 'other'], activity: Object.keys(ACTIVITIES) },
};

interface Exported {
  /** Without the suffix of a histogram's series. */
  metric: string;
  labels: readonly string[];
}

/** Name of a series → the metric that has it, with its labels. */
export async function exportedSeries(): Promise<Map<string, Exported>> {
  announceBuild('worker', 'test');
  countFromZero();
  const exported = new Map<string, Exported>();
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
    for (const suffix of SUFFIXES[type as unknown as string] ?? ['']) exported.set(name + suffix, { metric: name, labels: [...labelNames, ...(suffix === '_bucket' ? ['le'] : [])] });
  }
  return exported;
}

/** What in an expression Nightshift does not export, as sentences; empty when all is well. */
export function unexported(expression: string, exported: ReadonlyMap<string, Exported>): string[] {
  const { selectors, grouping } = readExpression(expression);
  const known = new Set([...TARGET_LABELS, ...selectors.flatMap(({ metric }) => exported.get(metric)?.labels ?? [])]);
  return [
    ...selectors.flatMap((selector) => faultsOf(selector, exported)),
    ...grouping.filter((label) => !known.has(label)).map((label) => `groups by ${label}, a label that none of its metrics has`),
  ];
}

function faultsOf({ metric, matchers }: Selector, exported: ReadonlyMap<string, Exported>): string[] {
  const series = exported.get(metric);
  if (!series) return [`${metric} is not exported`];
  return matchers.flatMap(({ label, operator, value }) => {
    if (!series.labels.includes(label)) return [`${metric} has no label ${label}`];
    const values = VALUES[series.metric]?.[label];
    if (!values) return [];
    const wanted = operator.includes('~') ? value.split('|') : [value];
    return wanted.filter((one) => !values.some((known) => new RegExp(`^(?:${one})$`).test(known))).map((one) => `${metric}: ${label} is never "${one}"`);
  });
}

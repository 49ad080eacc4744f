/** Under whose lease an object is changed: that of its role, whatever the object is called in this cluster. */
import { failure, type ExecuteRequest, type FailureDomain, type ObjectReference, type PlannedStep } from '../../workflows/contracts';
import { incidentWorkflowId } from '../../workflows/contracts/names';
import { domainByName } from '../../workflows/domain/lease-by-name';
import type { ClusterConfig, Target } from '../clusters';
import { isNamedAfter } from './named-after';

/** The object store's Secret is read by receivers, store gateways and the compactor: it has one lease all the same. */
const DOMAINS: Readonly<Record<string, FailureDomain>> = {
  agent: 'agent',
  agentConfig: 'agent',
  nodeExporter: 'agent',
  nodeExporterService: 'agent',
  nodeExporterMonitor: 'agent',
  kubeStateMetricsMonitor: 'agent',
  receiver: 'receive',
  receiverService: 'receive',
  hashring: 'receive',
  query: 'query',
  frontend: 'query',
  frontendCache: 'query',
  store: 'store',
  objectStore: 'store',
  compactor: 'compact',
  grafana: 'ui',
  grafanaService: 'ui',
  grafanaConfig: 'ui',
  grafanaIngress: 'ui',
  ruler: 'alerting',
  alertmanager: 'alerting',
  alertmanagerService: 'alerting',
};

/** A role that only this configuration knows shares one lease with its like. */
export function domainOfRole(role: string): FailureDomain {
  return Object.hasOwn(DOMAINS, role) ? DOMAINS[role]! : 'unknown';
}

/** Every configured role counts, not only those of one runbook: two runbooks must come to the same lease. The longest name is meant. */
export function domainOfObject(targets: Readonly<Record<string, Target>>, object: ObjectReference): FailureDomain {
  const [best] = Object.entries(targets)
    .filter(([, target]) => target.namespace === object.namespace && isNamedAfter(object, target))
    .sort(([, a], [, b]) => b.name.length - a.name.length);
  return best ? domainOfRole(best[0]) : 'unknown';
}

/** By step. */
export function domainsOf({ targets }: Pick<ClusterConfig, 'targets'>, steps: readonly PlannedStep[]): Record<string, FailureDomain> {
  return Object.fromEntries(steps.map(({ id, object }) => [id, domainOfObject(targets, object)]));
}

/**
 * The lease has to be this incident's own, and that of the object which the step changes. Incidents that began before leases
 * went by role, and plans of a worker from before that, hold the one that the first object's name says: it is good for them.
 * @throws NotAuthorized
 */
export function requireLeaseFor({ targets }: Pick<ClusterConfig, 'targets'>, { lease, leaseBy, plan, cluster, workflowId, firstRunId }: ExecuteRequest, { id, object }: PlannedStep): void {
  const holder = `${workflowId}@${firstRunId}`;
  if (lease.holder !== holder) throw failure('NotAuthorized', `The lease on ${lease.cluster}/${lease.failureDomain} is ${lease.holder}'s, not ${holder}'s; the step ${id} is refused`);
  const wanted = domainOfObject(targets, object);
  if (lease.failureDomain === wanted) return;
  const byName = domainByName(plan);
  const earlier = leaseBy === undefined && (byName === undefined ? workflowId === incidentWorkflowId(cluster, lease.failureDomain) : lease.failureDomain === byName);
  if (!earlier) throw failure('NotAuthorized', `The step ${id} changes ${object.kind} ${object.namespace}/${object.name}, which is under the lease on ${cluster}/${wanted}; it comes with the one on ${lease.failureDomain} and is refused`);
}

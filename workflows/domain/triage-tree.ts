import type { FailureDomain, IncidentClass } from '../contracts/vocabulary';

/**
 * For alerts that no runbook claims: service type (the failure domain) → the classes whose probes are asked, most likely
 * first. The first class whose evidence confirms a cause wins; when none does, a person gets all the evidence.
 * The order is the handbook's: agent / receiver / network / storage / query / UI.
 */
const TREE: Record<FailureDomain, IncidentClass[]> = {
  agent: ['metrics-missing', 'remote-write-failure'],
  receive: ['remote-write-failure', 'disk-full', 'high-memory', 'hashring-misconfigured', 'tsdb-corruption'],
  query: ['slow-query', 'metrics-missing'],
  store: ['slow-query'],
  compact: ['slow-query', 'disk-full'],
  ui: ['grafana-unreachable', 'slow-query'],
  alerting: ['alerting-pipeline-down'],
  unknown: ['remote-write-failure', 'metrics-missing', 'slow-query', 'grafana-unreachable'],
};

export function candidateClasses(domain: FailureDomain): readonly IncidentClass[] {
  return TREE[domain];
}

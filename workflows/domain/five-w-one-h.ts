import type { FiveW1H, IncidentStatus } from '../contracts/incident';
import type { Evidence } from '../contracts/evidence';
import { firing } from './alerts';
import { openLines } from './checklists';
import { wayHere } from './way-here';

const NOT_KNOWN = 'not known yet';

/**
 * The handbook's 육하원칙, from what is known now: labels first, evidence and the leading cause as they come in.
 * Sources of each field: domain reference, section 5.
 */
export function fiveW1H(state: IncidentStatus): FiveW1H {
  const alerts = firing(state.alerts).length > 0 ? firing(state.alerts) : state.alerts;
  const label = (name: string) => unique(alerts.map((alert) => alert.labels[name]));
  const cause = state.causes.find((candidate) => candidate.id === state.rootCause);
  return {
    who: sentence([['cluster', [state.cluster]], ['namespace', label('namespace')], ['job', label('job')], ['tenant', label('tenant')], ['pod', label('pod')]]),
    what: unique(alerts.map((alert) => alert.annotations.summary ?? alert.annotations.description ?? alert.labels.alertname)).join('; ') || NOT_KNOWN,
    when: `since ${state.beganAt}; accepted ${state.openedAt}`,
    where: sentence([['failure domain', [state.failureDomain]], ['node', label('node')], ['volume', label('persistentvolumeclaim')], ['url', label('url')], ['instance', label('instance')]]),
    why: [cause ? `${cause.title.en} (${Math.round(cause.confidence * 100)} %)` : NOT_KNOWN, ...byWayOf(state)].join('; '),
    how: openSigns(state) || signals(state.evidence) || unique(alerts.map((alert) => alert.labels.alertname)).map((name) => `alert ${name}`).join(', ') || NOT_KNOWN,
  };
}

function byWayOf(state: IncidentStatus): string[] {
  const way = wayHere(state);
  return way.length === 0 ? [] : [`found by way of ${way.map(({ incidentClass, title }) => `“${title.en}” (${incidentClass})`).join(', ')}`];
}

function unique(values: Array<string | undefined>): string[] {
  return [...new Set(values.filter((value): value is string => Boolean(value)))].slice(0, 5);
}

function sentence(parts: Array<[string, string[]]>): string {
  return parts.filter(([, values]) => values.length > 0).map(([name, values]) => `${name} ${values.join(', ')}`).join('; ');
}

/** Where everything was looked at and no cause was found, what is not as it should be says more than what is. */
function openSigns({ checklists = [], rootCause }: IncidentStatus): string {
  return rootCause === 'unknown' ? [...new Set(openLines(checklists).flatMap(({ because }) => because))].slice(0, 3).join(' ') : '';
}

function signals(evidence: readonly Evidence[]): string {
  return evidence.filter((item) => item.status === 'answered').slice(0, 3).map((item) => item.summary).join(' ');
}

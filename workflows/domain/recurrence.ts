import type { IncidentStatus } from '../contracts/incident';
import type { PastIncident } from '../contracts/recurrence';
import type { RankedCause } from '../contracts/runbook';
import type { Text } from '../contracts/text';

/** A remedy that did not help so often is not tried first again. */
const TRIES = 2;

/** Earlier incidents with the same root cause: the same class and cause, on the same cluster. Newest first. */
export function sameCauseBefore({ past = [], incidentClass }: IncidentStatus, cause: string | undefined): PastIncident[] {
  return cause === undefined || cause === 'unknown' ? [] : past.filter((before) => before.incidentClass === incidentClass && before.rootCause?.id === cause);
}

/** The root cause that counts: what was treated, else what is known now. */
export function causeIdOf({ treatedCause, rootCause }: IncidentStatus): string | undefined {
  return treatedCause?.id ?? (rootCause === 'unknown' ? undefined : rootCause);
}

/** Remedies that did not help the last times they were tried for this cause, as the records tell. */
export function distrusted(status: IncidentStatus, cause: string): Set<string> {
  const failed = new Map<string, number>();
  const trusted = new Set<string>();
  for (const { remedies } of sameCauseBefore(status, cause)) {
    for (const { remedy, helped } of [...remedies].reverse()) {
      if (helped) trusted.add(remedy);
      else if (!trusted.has(remedy)) failed.set(remedy, (failed.get(remedy) ?? 0) + 1);
    }
  }
  return new Set([...failed].filter(([, times]) => times >= TRIES).map(([remedy]) => remedy));
}

/** The cause's remedies in the runbook's order; those that did not help twice come last. */
export function inTrustedOrder(status: IncidentStatus, cause: RankedCause): string[] {
  const last = distrusted(status, cause.id);
  return [...cause.remedies.filter((id) => !last.has(id)), ...cause.remedies.filter((id) => last.has(id))];
}

const MOST_NAMED = 3;

/** What the incident says first: that it has been here before, by its root cause where that is known, else by its class. */
export function recurrenceText(status: IncidentStatus): Text | undefined {
  const cause = causeIdOf(status);
  const same = sameCauseBefore(status, cause);
  if (same.length > 0) {
    const ids = named(same);
    const open = same.some(({ openFixes }) => openFixes.length > 0);
    return {
      en: `The same root cause as ${same.length === 1 ? 'in' : `${same.length} times within 30 days:`} ${ids}${open ? '; its permanent fix is still open' : ''}.`,
      ko: `30일 안에 같은 근본 원인으로 ${same.length}회 발생: ${ids}${open ? '. 영구 해결이 아직 열려 있음' : ''}.`,
    };
  }
  if (cause !== undefined) return undefined;
  const ofClass = (status.past ?? []).filter(({ incidentClass, rootCause }) => incidentClass === status.incidentClass && rootCause);
  const [last] = ofClass;
  return last?.rootCause && {
    en: `Not the first of its kind within 30 days: ${named(ofClass)}; the last time it was “${last.rootCause.title.en}”.`,
    ko: `30일 안에 같은 유형의 장애가 있었음: ${named(ofClass)}. 최근 원인: “${last.rootCause.title.ko}”.`,
  };
}

function named(incidents: readonly PastIncident[]): string {
  const ids = incidents.slice(0, MOST_NAMED).map(({ publicId }) => publicId).join(', ');
  return incidents.length > MOST_NAMED ? `${ids}, …` : ids;
}

/** Fix → the earliest incident whose fix it is, too, and still open there. */
export function earlierFixes(status: IncidentStatus, fixes: readonly string[]): Record<string, string> {
  const same = sameCauseBefore(status, causeIdOf(status));
  return Object.fromEntries(fixes.flatMap((fix) => {
    const first = same.filter(({ openFixes }) => openFixes.includes(fix)).at(-1);
    return first ? [[fix, first.publicId] as const] : [];
  }));
}

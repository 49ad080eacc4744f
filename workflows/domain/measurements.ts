import type { IncidentEvent, IncidentStatus, Measurement } from '../contracts/incident';

const FIELDS: readonly Measurement['field'][] = ['deliveredRatio', 'lagSeconds', 'ready'];

/** A few looks an incident, three numbers each; more would say no more, and history is no place for series. */
const MOST = 120;

/** The numbers that an event brings along, added to those before. */
export function measuredBy({ measured = [] }: IncidentStatus, event: IncidentEvent): Pick<IncidentStatus, 'measured'> {
  const found = inEvent(event);
  return found.length === 0 ? {} : { measured: [...measured, ...found].slice(-MOST) };
}

function inEvent(event: IncidentEvent): Measurement[] {
  switch (event.type) {
    case 'evidenceGathered':
      return onePerField(event.evidence.flatMap(({ at, fields }) => FIELDS.flatMap((field) => (typeof fields[field] === 'number' ? [{ at, field, value: fields[field] }] : []))));
    case 'verified':
    case 'notVerified':
    case 'stabilityConfirmed':
      // Conditions carry what they saw as a sentence: `delivery.deliveredRatio is 0.998; delivery.complete is true`.
      return onePerField(event.conditions.flatMap(({ seen }) => [...seen.matchAll(/(?:^|[; ])[\w-]+\.(\w+) is (-?\d+(?:\.\d+)?)(?=;|$)/g)].flatMap(([, name, value]) => {
        const field = FIELDS.find((known) => known === name);
        return field ? [{ at: event.at, field, value: Number(value) }] : [];
      })));
    default:
      return [];
  }
}

/** Several probes may have a field of the same name; the first is that of the pipeline's own probe. */
function onePerField(measurements: Measurement[]): Measurement[] {
  return FIELDS.flatMap((field) => measurements.find((each) => each.field === field) ?? []);
}

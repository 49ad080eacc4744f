import { setTimeout as delay } from 'node:timers/promises';
import { PHASES, type IncidentStatus, type TimelineEntry } from '../../workflows/contracts';
import { Api, incidentPath, Unavailable, type ApiOptions } from './api';
import { CommandError, EXIT } from './exit';
import type { ShownIncident } from './incident-commands';
import { clockTime, oneLine, printJson, say } from './terminal';
import { incidentView } from './views/incident';
import { toldOnce } from './views/timeline';

export interface WatchOptions extends ApiOptions {
  until?: string;
  timeout?: string;
}

/** A person follows with the eye; twice a second is as good as at once. */
const LOOK_EVERY_MS = 500;

/** Prints what happens as it happens, until the incident has closed or is as `--until` says. */
export async function watch(id: string, options: WatchOptions): Promise<void> {
  const reached = untilOf(options.until);
  const deadline = options.timeout === undefined ? Infinity : Date.now() + Number(options.timeout) * 1000;
  const api = Api.from(options);
  const printed = new Set<string>();
  let away = false;
  let seen = false;
  for (let publicId = id; ; ) {
    const incident = await api.get<ShownIncident>(incidentPath(publicId)).catch((error: unknown) => {
      // Whoever watches goes on watching while Nightshift or Temporal starts again.
      if (!(error instanceof Unavailable) || !(seen || error.answered) || Date.now() >= deadline) throw error;
      if (!away) console.error(`${error.message} Looking again …`);
      away = true;
    });
    if (!incident) {
      await delay(LOOK_EVERY_MS);
      continue;
    }
    seen = true;
    // "latest" and short IDs are resolved once: a newer incident must not take this one's place.
    publicId = incident.publicId;
    if (!incident.workerAway) {
      away = false;
      printNew(incident, printed, options.json ?? false);
      const asWanted = reached(incident);
      if (asWanted || !incident.open) end(incident, options);
      if (asWanted || (!incident.open && options.until === undefined)) return;
      if (!incident.open) throw new CommandError(`${publicId} has closed without ever being seen as ${options.until}.`, EXIT.failed);
    } else if (!away) {
      away = true;
      console.error(`${incident.detail} Waiting for a worker …`);
    }
    if (Date.now() >= deadline) throw new CommandError(`${publicId} was not ${options.until ?? 'closed'} within ${options.timeout} s; it is in phase ${incident.phase}.`, EXIT.failed);
    await delay(LOOK_EVERY_MS);
  }
}

function untilOf(state: string | undefined): (incident: IncidentStatus) => boolean {
  if (state === undefined) return () => false;
  if (state === 'needs-you') return ({ waiting }) => waiting?.for === 'approval' || waiting?.for === 'person';
  if (state === 'recovered') return ({ recoveredAt }) => recoveredAt !== undefined;
  if ((PHASES as readonly string[]).includes(state)) return ({ phase }) => phase === state;
  throw new CommandError(`--until takes needs-you, recovered, or a phase (${PHASES.join(', ')}).`, EXIT.wrongUse);
}

function printNew({ timeline }: IncidentStatus, printed: Set<string>, json: boolean): void {
  for (const entry of json ? timeline : toldOnce(timeline)) {
    const key = JSON.stringify(entry);
    if (printed.has(key)) continue;
    printed.add(key);
    console.log(json ? key : lineOf(entry));
  }
}

function lineOf({ at, phase, actor, text }: TimelineEntry): string {
  return `${clockTime(at)}  ${phase.padEnd(9)} ${say(text)}${actor === 'nightshift' ? '' : `  (${oneLine(actor)})`}`;
}

function end(incident: IncidentStatus, { json }: WatchOptions): void {
  if (json) printJson({ publicId: incident.publicId, phase: incident.phase, ...(incident.outcome && { outcome: incident.outcome }) });
  else console.log(`\n${incidentView(incident)}`);
}

import { scalingsOf, type Scaling } from '../../drill/audit-log';
import { firstIncident, seeThrough } from '../../drill/follow';
import type { LabNightshift } from '../../drill/lab-nightshift';
import { healthy } from '../../drill/rest';
import { breakLab } from '../../lab';
import type { LabPaths } from '../../lab/paths';
import type { IncidentStatus } from '../../../workflows/contracts';
import { until } from '../measure';
import { CONTROLLER, DEPLOYMENT, deployWorkers, kubectl, workerProcesses } from './workers';

const FAULT = 'receivers-truncated-hashring-file';
/** The scaler looks five minutes after a build was made known, five minutes after that, then every minute. */
const DOWN_WITHIN_MS = 12 * 60_000;
const UP_WITHIN_MS = 60_000;
/** A worker finishes what it has begun. */
const ENDED_WITHIN_MS = 60_000;

/** One incident that found nobody, each moment by the clock of whoever says so. */
interface Round {
  brokenAt: string;
  /** Temporal's: the gateway has persisted the alert. */
  openedAt: string;
  incident: IncidentStatus;
  /** Processes of workers when it was closed: that there are none later says something only if they are seen. */
  workers: number;
  /** No worker's process was left. */
  endedAt: string;
}

export interface Seen {
  rounds: Round[];
  /** By the API server's audit log. */
  scalings: Scaling[];
}

/** A Deployment at 0 replicas that Temporal scales up when an alert comes, and down when nothing is left to do. */
export class Scene {
  constructor(private readonly nightshift: LabNightshift, private readonly paths: LabPaths, private readonly say: (text: string) => void) {}

  async play(incidents: number): Promise<Seen> {
    const { nightshift, paths } = this;
    await deployWorkers(nightshift, paths);
    // A new build is called once, so that Temporal learns its task queues.
    await this.scaledTo(0, await this.scaledTo(1, '', UP_WITHIN_MS), DOWN_WITHIN_MS);
    await this.nobody();
    const rounds: Round[] = [];
    while (rounds.length < incidents) rounds.push(await this.round(rounds.length));
    return { rounds, scalings: this.scalings() };
  }

  private async round(seed: number): Promise<Round> {
    const { nightshift, paths, say } = this;
    await healthy(say);
    const brokenAt = new Date().toISOString();
    say(`${brokenAt}: nobody runs; ${FAULT}`);
    await breakLab(paths, FAULT, seed, () => undefined);
    const publicId = await firstIncident(nightshift);
    const { openedAt } = (await nightshift.openIncidents()).find((open) => open.publicId === publicId)!;
    // Nothing is asked before: a question calls a worker, too.
    await this.scaledTo(1, openedAt, UP_WITHIN_MS);
    const incident = await seeThrough(nightshift, publicId, { say });
    const workers = workerProcesses(paths).length;
    await this.scaledTo(0, incident.closedAt!, DOWN_WITHIN_MS);
    return { brokenAt, openedAt, incident, workers, endedAt: await this.nobody() };
  }

  private scalings(): Scaling[] {
    return scalingsOf(this.paths.auditLog, DEPLOYMENT);
  }

  /** @returns when */
  private async scaledTo(replicas: number, since: string, withinMs: number): Promise<string> {
    const { at, user } = await until(`${DEPLOYMENT.name} scaled to ${replicas}`, withinMs, async () => this.scalings().find((scaling) => scaling.at > since && scaling.replicas === replicas));
    this.say(`${at}: ${DEPLOYMENT.name} is scaled to ${replicas} by ${user}`);
    return at;
  }

  /** @returns when the last worker's process was gone */
  private async nobody(): Promise<string> {
    await until('no worker’s process is left', ENDED_WITHIN_MS, async () => workerProcesses(this.paths).length === 0);
    return new Date().toISOString();
  }
}

/** What is not as it should be; empty where all is. */
export async function problemsOf({ scalings, rounds }: Seen, paths: LabPaths): Promise<string[]> {
  const others = new Set(scalings.map(({ user }) => user).filter((user) => user !== CONTROLLER));
  const live = await kubectl(paths, ['-n', DEPLOYMENT.namespace, 'get', 'deployment', DEPLOYMENT.name, '--output=jsonpath={.spec.replicas}/{.status.replicas}']);
  return [
    ...[...others].map((user) => `${user} has scaled it, too`),
    ...(/^0\/0?$/.test(live) ? [] : [`replicas wanted and there at the end: ${live}`]),
    ...rounds.flatMap(({ incident, workers }) => [
      ...(workers === 1 ? [] : [`${incident.publicId}: ${workers} processes of workers when it was closed`]),
      ...(incident.outcome === 'recovered' ? [] : [`${incident.publicId} ended as ${incident.outcome ?? 'open'}`]),
      ...(answers(incident).length > 0 ? [] : [`${incident.publicId}: no probe has answered`]),
    ]),
  ];
}

/** When probes have answered, the first one first. */
const answers = ({ evidence, treatedEvidence = [] }: IncidentStatus) => [...treatedEvidence, ...evidence].filter(({ status }) => status === 'answered').map(({ at }) => at).sort();

/** One line each: when, after how many seconds since the line before, what. */
export function report({ scalings, rounds }: Seen): string {
  const moments: Array<[at: string | undefined, what: string]> = [
    ...scalings.map(({ at, user, replicas }): [string, string] => [at, `replicas ${replicas}, by ${user}`]),
    ...rounds.flatMap(({ brokenAt, openedAt, incident, endedAt }): typeof moments => [
      [brokenAt, `broken: ${FAULT}`],
      [openedAt, `the alert is persisted as ${incident.publicId}`],
      [answers(incident)[0], 'the first probe has answered'],
      [incident.decisions[0]?.at, 'its plan is approved'],
      [incident.recoveredAt, `recovered; root cause ${incident.rootCause ?? 'unknown'}`],
      [incident.closedAt, `closed: ${incident.outcome ?? 'open'}`],
      [endedAt, 'no worker’s process is left'],
    ]),
  ];
  const known = moments.flatMap(([at, what]) => (at === undefined ? [] : [{ at: Date.parse(at), what }])).sort((a, b) => a.at - b.at);
  return known.map(({ at, what }, index) => `${new Date(at).toISOString().slice(11, 23)}  +${((at - known[Math.max(0, index - 1)]!.at) / 1_000).toFixed(1).padStart(6)} s  ${what}`).join('\n');
}

import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { permanentFixWorkflowId } from '../../workflows/contracts';
import { settleFix } from '../../workflows/contracts/permanent-fix-messages';
import { PracticeApi } from '../kill-matrix/practice-api';
import { differences, traceOf, type Trace } from '../kill-matrix/trace';
import { Fleet, VICTIMS, type Victim } from './fleet';
import { each, People } from './people';
import { brokenCluster, clustersOf, CONFIGURED } from './scene';

export const ROUNDS = ['while they open', 'while they wait', 'while they are decided'] as const;
export type Round = (typeof ROUNDS)[number];

/** One kill, and what was under way. */
export interface Kill {
  round: Round;
  victim: Victim;
  /** Phase → incidents in it; what was not listed yet is in none. */
  phases: Record<string, number>;
  backSeconds: number;
}

export interface Fate {
  cluster: string;
  outcome: string;
  /** Writes that found their work done: tried again after the first try had done it. */
  foundDone: number;
  /** Empty when it ended as the one that nobody disturbed. */
  faults: string[];
}

export interface FleetResult {
  reference: Trace;
  kills: Kill[];
  fates: Fate[];
  notes: string[];
  seconds: number;
  /** Where logs, database and records are, when something failed. */
  kept?: string;
}

export interface FleetOptions {
  incidents: number;
  say: (text: string) => void;
}

const REFERENCE = 'fleet-reference';
/** What starting and killing cost, and what an incident costs two busy cores at most. */
const deadlineMs = (incidents: number) => 360_000 + incidents * 4_000;
/** Half a minute on an idle machine. */
const REFERENCE_MS = 600_000;
const LOOK_EVERY_MS = 1_000;
const FIX_DEADLINE_MS = 60_000;

/** Opens all incidents, kills each process in turn three times meanwhile, decides all, and compares each with one that nobody disturbed. */
export async function runFleet({ incidents, say }: FleetOptions): Promise<FleetResult> {
  const began = Date.now();
  const clusters = clustersOf(incidents);
  const api = await PracticeApi.start();
  const fleet = await Fleet.open([REFERENCE, ...clusters], api, CONFIGURED);
  let failed = true;
  try {
    for (const cluster of [REFERENCE, ...clusters]) api.serve(cluster, brokenCluster(path.join(fleet.lane.folder, 'clusters', cluster)));
    const reference = await new Play(fleet, api, AbortSignal.timeout(REFERENCE_MS), say).reference();
    const play = new Play(fleet, api, AbortSignal.timeout(deadlineMs(incidents)), say);
    await play.all(clusters);
    const fates = await play.fates(clusters, reference);
    failed = fates.some(({ faults }) => faults.length > 0);
    return { reference, kills: play.kills, fates, notes: fleet.unexpectedDeaths(play.kills.map(({ victim }) => victim)), seconds: (Date.now() - began) / 1000, ...(failed && { kept: fleet.lane.folder }) };
  } finally {
    await fleet.close(failed);
    await api.stop();
  }
}

class Play {
  readonly kills: Kill[] = [];
  private readonly people: People;

  constructor(private readonly fleet: Fleet, private readonly api: PracticeApi, private readonly signal: AbortSignal, private readonly say: (text: string) => void) {
    this.people = new People(fleet, (cluster) => api.audit(cluster), signal);
  }

  /** What becomes of an incident when nobody is killed. @throws Error when it does not recover */
  async reference(): Promise<Trace> {
    await this.people.fire(REFERENCE);
    await this.decide([REFERENCE]);
    await this.untilClosed([REFERENCE]);
    const publicId = await this.publicId(REFERENCE);
    const trace = await traceOf(this.fleet.lane, this.api, REFERENCE, publicId);
    if (trace.outcome !== 'recovered' || trace.mutations.length === 0) throw new Error(`The incident that nobody disturbs did not recover: ${JSON.stringify(trace)}. See ${this.fleet.lane.folder}.`);
    // What outlives the incident is no worse for it.
    await this.fleet.client.withDeadline(Date.now() + FIX_DEADLINE_MS, () => this.fleet.client.workflow.getHandle(permanentFixWorkflowId(publicId)).executeUpdate(settleFix, { args: [{ fix: 'service-in-git', state: 'merged', actor: 'on-call' }] }));
    return trace;
  }

  async all(clusters: readonly string[]): Promise<void> {
    await this.round('while they open', each(clusters, (cluster) => this.people.fire(cluster)));
    await this.untilPhase(clusters, 'approve');
    await this.round('while they wait', Promise.resolve());
    await this.round('while they are decided', this.decide(clusters));
    await this.untilClosed(clusters);
  }

  async fates(clusters: readonly string[], reference: Trace): Promise<Fate[]> {
    const fates = new Map<string, Fate>();
    await each(clusters, async (cluster) => {
      try {
        const trace = await traceOf(this.fleet.lane, this.api, cluster, await this.publicId(cluster));
        fates.set(cluster, { cluster, outcome: trace.outcome, foundDone: trace.unchanged, faults: differences(reference, trace) });
      } catch (error) {
        fates.set(cluster, { cluster, outcome: 'none', foundDone: 0, faults: [error instanceof Error ? error.message : String(error)] });
      }
    });
    return clusters.flatMap((cluster) => fates.get(cluster) ?? []);
  }

  /** Kills each process in turn, the next when the one before is back, while `work` goes on. */
  private async round(round: Round, work: Promise<void>): Promise<void> {
    const killing = (async () => {
      for (const victim of VICTIMS) {
        const phases = await this.phases();
        const backSeconds = (await this.fleet.kill(victim)) / 1000;
        this.kills.push({ round, victim, phases, backSeconds });
        this.say(`${round}: ${victim} killed, back after ${backSeconds.toFixed(1)} s; ${phasesText(phases)}`);
      }
    })();
    await Promise.all([work, killing]);
  }

  private async decide(clusters: readonly string[]): Promise<void> {
    const stop = new AbortController();
    const resolving = this.resolving(clusters, stop.signal);
    await each(clusters, async (cluster) => this.people.approve(cluster, await this.publicId(cluster)));
    stop.abort();
    await resolving;
  }

  private async resolving(clusters: readonly string[], stop: AbortSignal): Promise<void> {
    for (; !stop.aborted && !this.signal.aborted; await delay(LOOK_EVERY_MS)) await this.people.resolveWhatIsRestored(clusters);
  }

  private async untilPhase(clusters: readonly string[], phase: string): Promise<void> {
    for (let told = ''; !this.signal.aborted; await delay(LOOK_EVERY_MS)) {
      const listed = await this.listed();
      if (clusters.every((cluster) => listed.get(cluster)?.phase === phase)) return;
      const text = phasesText(countsOf(listed));
      if (text !== told) this.say(`waiting for all to be in ${phase}: ${text}`);
      told = text;
    }
  }

  private async untilClosed(clusters: readonly string[]): Promise<void> {
    for (; !this.signal.aborted; await delay(LOOK_EVERY_MS)) {
      await this.people.resolveWhatIsRestored(clusters);
      const listed = await this.listed();
      const open = clusters.filter((cluster) => listed.get(cluster)?.open !== false);
      if (open.length === 0) return;
      this.say(`${open.length} of ${clusters.length} are open`);
    }
  }

  private async publicId(cluster: string): Promise<string> {
    for (; ; await delay(LOOK_EVERY_MS)) {
      const found = (await this.listed()).get(cluster);
      if (found) return found.publicId;
      this.signal.throwIfAborted();
    }
  }

  private seen: Promise<Map<string, Listed>> | undefined;

  /** As the gateway lists them; many ask at once, and are told the same. */
  private listed(): Promise<Map<string, Listed>> {
    this.seen ??= this.list().finally(() => (this.seen = undefined));
    return this.seen;
  }

  private async list(): Promise<Map<string, Listed>> {
    const { status, json } = await this.fleet.ask('GET', '/api/v1/incidents?limit=500');
    const incidents = status === 200 ? (json['incidents'] as Listed[]) : [];
    return new Map(incidents.map((incident) => [incident.cluster, incident]));
  }

  private async phases(): Promise<Record<string, number>> {
    return countsOf(await this.listed());
  }
}

interface Listed {
  publicId: string;
  cluster: string;
  phase: string;
  open: boolean;
}

function countsOf(listed: ReadonlyMap<string, Listed>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { cluster, open, phase } of listed.values()) {
    if (cluster === REFERENCE) continue;
    const name = open ? phase : 'closed';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export function phasesText(phases: Record<string, number>): string {
  return Object.entries(phases).map(([phase, count]) => `${count} ${phase}`).join(', ') || 'none listed';
}

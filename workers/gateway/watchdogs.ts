import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { maintenanceAt } from '../../activities/configuration/maintenance';
import { deliver } from '../../activities/temporal/incidents-gateway';
import { armWatchdog, forgetWatchdogRun, standDownWatchdog, watchdogRun, watchedClusters, type WatchdogRun } from '../../activities/temporal/watchdog-gateway';
import type { Alert, WatchdogInput, WatchdogMemo, WatchdogPause } from '../../workflows/contracts';
import { silenceAlert } from '../../workflows/domain/silence';
import { plus } from '../../workflows/domain/time';
import { findCluster, type ClusterEntry, type NightshiftConfig } from '../config';
import { saysUndelivered } from './delivery';
import { Problem } from './problems';

/** How a cluster's heartbeats stand. */
export interface WatchdogStatus {
  cluster: string;
  /** `unarmed`: expected, but Temporal keeps no watchdog; the gateway arms it within a minute. */
  state: 'heard' | 'never-heard' | 'silent' | 'paused' | 'maintenance' | 'unarmed' | 'not-watched';
  lastHeartbeatAt?: string;
  /** When the tolerated silence is over. */
  expectedBy?: string;
  tolerateMs?: number;
  /** Why silence is planned, and until when. */
  planned?: { until: string; reason: string; by?: string };
}

/** Temporal answers in milliseconds or is away. */
const DEADLINE_MS = 5_000;
/** Less than any silence that is tolerated in production, and a call per cluster. */
const ARM_EVERY_MS = 60_000;
/** Heartbeats that tell the end of a silence: with the second one, whatever was under way at the first has arrived. */
const TELL_END = 3;

/**
 * The dead-man's switches: one workflow per expected cluster, which each heartbeat starts anew. Nothing is kept here: what
 * has to be known of the run before stands in its memo, so that any gateway can take any heartbeat.
 */
export class Watchdogs {
  constructor(
    private readonly client: Client,
    private readonly config: Pick<NightshiftConfig, 'clusters' | 'defaultCluster'>,
    private readonly log: Logger,
  ) {}

  /**
   * Takes heartbeats. A Watchdog alert that has resolved is none: it says that the rules are no longer evaluated.
   * @throws what Temporal throws, so that Alertmanager sends them again
   */
  async heard(beats: readonly Alert[], at: string): Promise<void> {
    const names = beats.filter(({ status }) => status === 'firing').map(({ labels }) => labels['cluster'] || this.config.defaultCluster);
    const entries = new Set(names.flatMap((name) => findCluster(this.config, name) ?? []));
    await this.withDeadline(() => Promise.all([...entries].flatMap(({ cluster: { name, watchdog } }) => (watchdog ? [this.heardFrom(name, watchdog.tolerateMs, at)] : []))));
  }

  /** Of these alerts those that open nothing, because the silence that they tell of is planned. @throws what Temporal throws */
  async explained(alerts: readonly Alert[], at: string): Promise<ReadonlySet<Alert>> {
    const planned = await this.withDeadline(() => Promise.all(alerts.filter(saysUndelivered).map(async (alert) => ((await this.isPlanned(alert.labels['cluster'] || this.config.defaultCluster, at)) ? [alert] : []))));
    return new Set(planned.flat());
  }

  /** Arms what is expected and not watched, so that a cluster that never sends anything is noticed, too. */
  async arm(): Promise<void> {
    const at = new Date().toISOString();
    for (const { cluster } of this.config.clusters) {
      const { name, watchdog } = cluster;
      if (watchdog) await armWatchdog(this.client, { input: inputOf(name, at, watchdog.tolerateMs), memo: {}, replace: false });
    }
  }

  /**
   * A watchdog that somebody has terminated, or whose run has failed, is armed again without a heartbeat. Nothing is stood down by
   * the clock: a gateway that still has the configuration of before would end what the new one watches.
   */
  keepArmed(): NodeJS.Timeout {
    return setInterval(() => void this.withDeadline(() => this.arm()).catch((error: unknown) => this.log.warn({ err: error }, 'watchdogs could not be looked after; they are in a while')), ARM_EVERY_MS).unref();
  }

  /** Arms what is expected, and leaves alone what is no longer expected. */
  async reconcile(): Promise<void> {
    const at = new Date().toISOString();
    await this.arm();
    const expected = new Set(this.expected().map(({ cluster }) => cluster.name));
    for (const name of await watchedClusters(this.client)) {
      if (expected.has(name)) continue;
      const run = await watchdogRun(this.client, name);
      await standDownWatchdog(this.client, name, 'the cluster is no longer expected to send heartbeats');
      if (run && run.state !== 'waiting') await this.tellEnd(run.memo, at);
      this.log.info({ cluster: name }, 'heartbeats of this cluster are no longer expected');
    }
  }

  async list(): Promise<WatchdogStatus[]> {
    return this.withDeadline(() => Promise.all(this.config.clusters.map((entry) => this.statusOf(entry))));
  }

  /** Plans a silence from now on. @throws Problem 404 */
  async pause(name: string, { forMs, reason, by }: { forMs: number; reason: string; by: string }): Promise<WatchdogStatus> {
    const at = new Date().toISOString();
    return this.rearm(name, { until: plus(at, forMs), by, reason });
  }

  /** Ends a planned silence; the cluster has its tolerated time from now on. @throws Problem 404 */
  async resume(name: string): Promise<WatchdogStatus> {
    return this.rearm(name, undefined);
  }

  private async rearm(name: string, pause: WatchdogPause | undefined): Promise<WatchdogStatus> {
    const entry = findCluster(this.config, name);
    const tolerateMs = entry?.cluster.watchdog?.tolerateMs;
    if (!entry || tolerateMs === undefined) throw new Problem(404, `No heartbeats are expected of ${name}; expected clusters: ${this.expected().map(({ cluster }) => cluster.name).join(', ') || 'none'}. They are named in nightshift.yaml, by "watchdog".`);
    const { name: cluster } = entry.cluster;
    return this.withDeadline(async () => {
      const before = await watchdogRun(this.client, cluster);
      const at = new Date().toISOString();
      const input = { ...inputOf(cluster, pause?.until ?? at, tolerateMs), ...heardOf(before?.memo.lastHeartbeatAt) };
      await armWatchdog(this.client, { input, memo: pause ? { pause } : {}, replace: true });
      if (before && before.state !== 'waiting') await this.tellEnd(before.memo, at);
      this.log.info({ cluster, pause }, pause ? 'silence is planned' : 'silence is no longer planned');
      return this.statusOf(entry);
    });
  }

  /** Now, or until so lately that what was down may still be coming up. */
  private async isPlanned(name: string, at: string): Promise<boolean> {
    const { cluster } = findCluster(this.config, name) ?? {};
    if (!cluster?.watchdog) return false;
    const { tolerateMs, maintenance } = cluster.watchdog;
    const moments = [at, plus(at, -tolerateMs)];
    if (moments.some((moment) => maintenanceAt(maintenance, new Date(moment)))) return true;
    const run = await watchdogRun(this.client, cluster.name);
    return moments.some((moment) => pauseAt(run?.memo, moment) !== undefined);
  }

  private async heardFrom(cluster: string, tolerateMs: number, at: string): Promise<void> {
    const before = await watchdogRun(this.client, cluster);
    const pause = pauseAt(before?.memo, at);
    const input = { ...inputOf(cluster, pause?.until ?? at, tolerateMs), lastHeartbeatAt: at };
    const ended = endedBy(before);
    await armWatchdog(this.client, { input, memo: { ...(pause && { pause }), ...(ended && { ended }) }, replace: true });
    if (ended) await this.tellEnd({ ...input, expectedBy: ended.expectedBy }, at);
    if (before?.state === 'waiting') await forgetWatchdogRun(this.client, cluster, before.runId).catch((error: unknown) => this.log.warn({ err: error, cluster }, 'a watchdog that waited in vain could not be deleted'));
  }

  /** Ends the incident's alert; that no incident is open is fine. */
  private async tellEnd(silence: WatchdogInput, at: string): Promise<void> {
    await deliver(this.client, [{ cluster: silence.cluster, failureDomain: 'alerting', alerts: [silenceAlert(silence, at)] }], { at, truncated: 0 });
  }

  private async statusOf({ cluster: { name: cluster, watchdog } }: ClusterEntry): Promise<WatchdogStatus> {
    if (!watchdog) return { cluster, state: 'not-watched' };
    const run = await watchdogRun(this.client, cluster);
    const { tolerateMs } = watchdog;
    if (!run || run.state === 'ended') return { cluster, state: 'unarmed', tolerateMs };
    const { memo } = run;
    const now = new Date();
    const known = { cluster, tolerateMs, expectedBy: memo.expectedBy, ...heardOf(memo.lastHeartbeatAt) };
    const pause = pauseAt(memo, now.toISOString());
    if (pause) return { ...known, state: 'paused', planned: pause };
    const maintenance = maintenanceAt(watchdog.maintenance, now);
    if (maintenance) return { ...known, state: 'maintenance', planned: maintenance };
    if (run.state === 'silent') return { ...known, state: 'silent' };
    return { ...known, state: memo.lastHeartbeatAt ? 'heard' : 'never-heard' };
  }

  private expected(): ClusterEntry[] {
    return this.config.clusters.filter(({ cluster }) => cluster.watchdog);
  }

  private withDeadline<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.client.withDeadline(Date.now() + DEADLINE_MS, work);
  }
}

function inputOf(cluster: string, since: string, tolerateMs: number): WatchdogInput {
  return { cluster, expectedBy: plus(since, tolerateMs), tolerateMs };
}

function heardOf(lastHeartbeatAt: string | undefined): { lastHeartbeatAt?: string } {
  return lastHeartbeatAt === undefined ? {} : { lastHeartbeatAt };
}

function pauseAt(memo: WatchdogMemo | undefined, at: string): WatchdogPause | undefined {
  return memo?.pause && Date.parse(memo.pause.until) > Date.parse(at) ? memo.pause : undefined;
}

/** The silence whose end this heartbeat tells: one that was going on, or one whose end was told less than a few times. */
function endedBy(before: WatchdogRun | undefined): WatchdogMemo['ended'] {
  if (!before) return undefined;
  if (before.state !== 'waiting') return { expectedBy: before.memo.expectedBy, tellAgain: TELL_END - 1 };
  const { ended } = before.memo;
  return ended && ended.tellAgain > 0 ? { ...ended, tellAgain: ended.tellAgain - 1 } : undefined;
}

import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { PracticeCluster, PracticeExample } from '../../activities/practice/cluster';
import { deliver } from '../../activities/temporal/incidents-gateway';
import type { Alert } from '../../workflows/contracts';
import type { NightshiftConfig } from '../config';
import { fingerprintOf } from './alertmanager-body';
import { groupByIncident } from './delivery';

/** A newcomer watches; a second is soon enough. */
const LOOK_EVERY_MS = 1_000;

/**
 * The practice cluster's Alertmanager: fires the alert of the example that is played, and resolves it when everything
 * that the example broke is well again.
 */
export class PracticeStage {
  private timer: NodeJS.Timeout | undefined;
  /** The scene whose alert has been resolved, by the time at which it was set. */
  private resolvedScene: string | undefined;

  constructor(
    private readonly cluster: Pick<PracticeCluster, 'examples' | 'play' | 'scene' | 'heal'>,
    private readonly client: Client,
    private readonly config: NightshiftConfig,
    private readonly log: Logger,
  ) {}

  examples(): PracticeExample[] {
    return this.cluster.examples();
  }

  /** @throws InvalidInput when there is no such example */
  play(id: string): Alert {
    const example = this.cluster.play(id);
    return alertOf(example, this.cluster.scene()?.playedAt ?? new Date().toISOString());
  }

  /** Everything is repaired, as a person would do it; the alert resolves at the next look. */
  heal(): void {
    this.cluster.heal();
  }

  /** Watches until `stop`. A scene that was healed while nobody watched is resolved at the first look. */
  start(): void {
    this.timer = setTimeout(() => void this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      await this.resolveWhenHealed();
    } catch (error) {
      this.log.warn({ err: error }, 'the practice alert could not be resolved; it is tried again');
    }
    this.start();
  }

  private async resolveWhenHealed(): Promise<void> {
    const scene = this.cluster.scene();
    if (!scene?.healed || this.resolvedScene === scene.playedAt) return;
    const example = this.cluster.examples().find(({ id, runbook }) => id === scene.example && runbook === scene.runbook);
    const now = new Date().toISOString();
    if (example) await deliver(this.client, groupByIncident([{ ...alertOf(example, scene.playedAt), status: 'resolved', endsAt: now }], this.config), { at: now, truncated: 0 });
    this.resolvedScene = scene.playedAt;
  }
}

/** The labels say which cluster; the practice cluster answers for the handbook's. */
function alertOf({ alert, title }: PracticeExample, startsAt: string): Alert {
  return { fingerprint: fingerprintOf(alert), status: 'firing', labels: alert, annotations: { summary: title.en }, startsAt };
}

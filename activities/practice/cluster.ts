import path from 'node:path';
import { failure, type JsonObject, type Runbook, type RunbookExample, type Text } from '../../workflows/contracts';
import type { KubernetesGateway } from '../kubernetes/gateway';
import type { MetricsGateway } from '../prometheus/gateway';
import { readShapes } from '../runbooks/loader';
import { PracticeGateway } from './gateway';
import { practiceMetrics } from './metrics';
import { manifestsDigest, practiceManifests } from './manifests';
import { healthyPipeline } from './pipeline';
import { isHealed, setScene } from './scene';
import type { AuditEntry, PracticeState } from './state';
import { StateFile } from './state-file';

/** An example that can be played. */
export interface PracticeExample {
  id: string;
  runbook: string;
  title: Text;
  /** Labels of the alert that opens it. */
  alert: Record<string, string>;
}

/** What is being played; absent on a healthy pipeline that nobody has touched. */
export interface SceneStatus {
  runbook: string;
  example: string;
  playedAt: string;
  /** Everything that the scene changed is as it should be again, so its alerts resolve. */
  healed: boolean;
}

export interface PracticeOptions {
  /** Folder of the manifests of the healthy pipeline; the lab's when absent. */
  manifests?: string;
  now?: () => Date;
  /** false: for a moment only, and gone with the machine's power. */
  lasting?: boolean;
}

/**
 * An in-memory stand-in of the pipeline, kept in `<data dir>/practice/`: worker and gateway open the same one, and it
 * is the same after a crash. One scene is played at a time.
 */
export class PracticeCluster {
  readonly gateway: KubernetesGateway;
  readonly metrics: MetricsGateway;

  private constructor(
    private readonly file: StateFile,
    private readonly runbooksDir: string,
    private readonly manifests: string,
    private readonly now: () => Date,
  ) {
    this.gateway = new PracticeGateway(file, now);
    this.metrics = practiceMetrics(file, now);
  }

  /** @throws InvalidInput when the manifests or the kept state cannot be read */
  static open(dataDir: string, runbooksDir: string, { manifests = practiceManifests(), now = () => new Date(), lasting = true }: PracticeOptions = {}): PracticeCluster {
    const file = new StateFile(path.join(dataDir, 'practice'), () => healthyPipeline(manifests, now()), lasting);
    const cluster = new PracticeCluster(file, runbooksDir, manifests, now);
    cluster.followManifests();
    return cluster;
  }

  /** The examples on offer, from every runbook whose shape can be read. */
  examples(): PracticeExample[] {
    return this.playable().map(({ runbook, example: { id, title, alert } }) => ({ id, runbook: runbook.id, title, alert }));
  }

  /**
   * Begins anew with a healthy pipeline and sets the scene of an example, by its id or `<runbook>/<id>`.
   * @throws InvalidInput when there is no such example; the message names those that are
   */
  play(exampleId: string): PracticeExample {
    const playable = this.playable();
    const found = playable.find(({ runbook, example }) => exampleId === example.id || exampleId === `${runbook.id}/${example.id}`);
    if (!found) throw failure('InvalidInput', `There is no practice example ${exampleId}; there are: ${playable.map(({ example }) => example.id).join(', ') || 'none'}.`);
    return this.stage(found.runbook, found.example);
  }

  /** Sets the scene of any example; `runbook test` does so with those that are not offered, too. */
  stage(runbook: Pick<Runbook, 'id' | 'probes'>, example: RunbookExample): PracticeExample {
    this.file.change((state) => {
      this.beginAnew(state);
      setScene(state, runbook, example, this.now());
      return { result: undefined };
    });
    return { id: example.id, runbook: runbook.id, title: example.title, alert: example.alert };
  }

  /** What a person would do where Nightshift only advises: everything is as it should be again. */
  heal(): void {
    this.file.change((state) => {
      const { scene } = state;
      this.beginAnew(state);
      if (scene) state.scene = { ...scene, healedAt: this.now().toISOString() };
      return { result: undefined };
    });
  }

  scene(): SceneStatus | undefined {
    const state = this.file.read();
    if (!state.scene) return undefined;
    const { runbook, example, playedAt } = state.scene;
    return { runbook, example, playedAt, healed: isHealed(state, this.now()) };
  }

  /** What the scene recorded for a probe; `undefined` where the probe is to be asked for real, `null` where it does not answer. */
  recorded(probeId: string, use: string): JsonObject | null | undefined {
    const state = this.file.read();
    const { scene } = state;
    const isReal = use.startsWith('kubernetes.');
    const parts = !scene ? [] : !isHealed(state, this.now()) ? [scene.evidence] : isReal ? [scene.after] : [scene.after, scene.evidence];
    const recording = parts.find((part) => Object.hasOwn(part, probeId));
    if (recording) return recording[probeId];
    return isReal || scene ? undefined : this.whenHealthy(probeId, use);
  }

  /** Every mutation since the data directory was made, in order. */
  audit(): AuditEntry[] {
    return this.file.audit();
  }

  /** A pipeline that nobody plays with is made anew when its manifests have changed; a scene in play goes on as it began. */
  private followManifests(): void {
    const { manifests } = this.file.read();
    if (manifests === manifestsDigest(this.manifests) || this.scene()?.healed === false) return;
    this.file.change((state) => {
      this.beginAnew(state);
      return { result: undefined };
    });
  }

  private beginAnew(state: PracticeState): void {
    const { auditSequence, lastAudit } = state;
    const fresh = healthyPipeline(this.manifests, this.now());
    delete state.scene;
    Object.assign(state, fresh, { auditSequence, ...(lastAudit && { lastAudit }) });
  }

  /** With no scene, programs answer as after a recovery that some example recorded. */
  private whenHealthy(probeId: string, use: string): JsonObject | null | undefined {
    const found = this.playable().find(({ runbook, example }) => Object.hasOwn(example.after, probeId) && runbook.probes.some((probe) => probe.id === probeId && probe.use === use));
    return found?.example.after[probeId];
  }

  private playable(): Array<{ runbook: Runbook; example: RunbookExample }> {
    return readShapes(this.runbooksDir).flatMap((runbook) => runbook.examples.filter(({ practice }) => practice).map((example) => ({ runbook, example })));
  }
}

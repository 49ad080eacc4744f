import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { probes, remedies } from '../../activities/registry';
import { RunbookShelf } from '../../activities/runbooks/activities';
import { projectRoot } from '../../infra/project';
import { CENTRAL_QUEUE, failure, type ConditionStatus, type Evidence, type IncidentRecord, type Notification, type PlanRequest, type ProbeRequest, type Runbook, type VerifyRequest } from '../../workflows/contracts';
import { IncidentWorld } from '../support/incident-world';

export interface BenchWorldOptions {
  probes: number;
  /** How long a probe takes to answer, in milliseconds. */
  probeMs: number;
}

/** What a benchmark watches; times are taken where these are called. */
export interface Watcher {
  probed?(request: ProbeRequest): void;
  planned?(request: PlanRequest): void;
  paged?(page: Notification): void;
  recorded?(record: IncidentRecord): void;
}

/**
 * A world in which every incident goes the same way: the first cause is confirmed, its plan waits for a person, the
 * mutation helps at once. It keeps nothing in memory, so that a worker may be killed and another may go on; the rules,
 * texts and sizes are those of a runbook that people use.
 */
export class BenchWorld extends IncidentWorld {
  watcher: Watcher = {};

  constructor(private readonly options: BenchWorldOptions) {
    super({ queues: { probe: CENTRAL_QUEUE, mutate: CENTRAL_QUEUE } });
    Object.assign(this.settings.durations, SHORTENED);
    this.runbook = benchRunbook(options.probes);
    // The base class would find every incident healthy once the first was treated.
    this.healthy = () => false;
  }

  override activities() {
    const base = super.activities();
    return {
      ...base,
      benchProbe: (request: ProbeRequest) => this.probe(request),
      kubernetesPlanRemedy: (request: PlanRequest) => {
        this.watcher.planned?.(request);
        return base.kubernetesPlanRemedy(request);
      },
      verificationCheck: async (request: VerifyRequest): Promise<ConditionStatus[]> => {
        if (!request.mutatedAt) throw failure('VerificationFailed', 'nothing was done yet');
        return request.conditions.map(({ id, title }) => ({ id, title, holds: true, seen: '0 failed of 1,200' }));
      },
      notifyPage: async (page: Notification) => {
        this.watcher.paged?.(page);
        return { delivered: true, detail: 'bench: 200' };
      },
      recordsWrite: async (record: IncidentRecord) => {
        this.watcher.recorded?.(record);
        return { location: 'bench', files: [] };
      },
    };
  }

  private async probe(request: ProbeRequest): Promise<Evidence> {
    this.watcher.probed?.(request);
    await delay(this.options.probeMs);
    const { id, use } = request.probe;
    return {
      probe: id,
      use,
      status: 'answered',
      at: new Date().toISOString(),
      fields: { broken: 2, ready: 1, desired: 3, waitingReasons: ['CrashLoopBackOff'], restarts: 41, image: 'quay.io/thanos/thanos:v0.42.4' },
      summary: '2 of 3 receivers are not ready: thanos-receive-1, thanos-receive-2',
      table: { columns: ['pod', 'ready', 'restarts', 'waiting because'], rows: [0, 1, 2].map((pod) => [`thanos-receive-${pod}`, String(pod === 0), String(pod * 20), pod ? 'CrashLoopBackOff' : '']) },
    };
  }
}

/** What waits for the clock in an incident is not what is measured. Milliseconds. */
const SHORTENED = { stabilityWindow: 50, verifyEvery: 100 };

/** The runbook for failing remote write, with so many probes that answer alike and a first cause that they confirm. */
function benchRunbook(count: number): Runbook {
  const directory = path.join(projectRoot(), 'runbooks');
  const shelf = new RunbookShelf({ directory, catalog: { probes, remedies }, report: () => undefined });
  const runbook = shelf.load().flatMap((loaded) => (loaded.valid ? [loaded.runbook] : [])).find(({ id }) => id === 'remote-write-failure');
  const first = runbook?.causes.find((cause) => cause.remedies.length > 0);
  if (!runbook || !first) throw new Error(`${directory} holds no valid remote-write-failure with a cause that has a remedy.`);
  const ids = [...runbook.probes.filter(({ verifyOnly }) => !verifyOnly).map(({ id }) => id), ...Array.from({ length: count }, (_, index) => `extra${index}`)];
  return {
    ...runbook,
    probes: ids.slice(0, count).map((id) => ({ id, use: 'bench.probe', with: { target: 'receiver' } })),
    causes: [{ ...first, when: { probe: ids[0] ?? '', field: 'broken', above: 0 }, supports: [], contradicts: [] }, ...runbook.causes.filter((cause) => cause !== first)],
  };
}

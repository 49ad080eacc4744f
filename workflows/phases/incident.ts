import {
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { SEARCH_ATTRIBUTE_KEYS } from '../contracts/search-attributes';
import { publicIdOf, type AuditEntry, type AuditTrail, type IncidentEvent, type IncidentInput, type IncidentMemo, type IncidentSettings, type IncidentStatus, type NotificationKind, type Outcome, type PermanentFixSpec, type Phase, type RunbookSnapshot, type Text } from '../contracts';
import { notify } from '../activity-calls';
import { firing } from '../domain/alerts';
import { audited, EMPTY_TRAIL, headOf } from '../domain/audit';
import { openIncident, reduce } from '../domain/incident-state';
import { currentDetails } from '../domain/current-details';
import { recurrenceText } from '../domain/recurrence';
import { UNCONFIGURED } from '../domain/unconfigured';
import { Changes, type Change } from './changes';

/** An event as phases write it; the clock and, unless it was a person, the actor are filled in here. */
type NewEvent = IncidentEvent extends infer Event ? (Event extends IncidentEvent ? Omit<Event, 'at'> : never) : never;

/** Why the automatic course of an incident stops where it is. */
export type Interruption = 'taken-over' | 'cancelled' | 'remedy-chosen' | 'merged';

/**
 * What the phases share: the incident's state, its settings and runbook, and the few ways to move on. State changes only
 * through `record`, so that everything that happened can be read back from the timeline.
 */
export class Incident {
  status: IncidentStatus;
  settings: IncidentSettings;
  snapshot: RunbookSnapshot | undefined;
  audit: AuditTrail;
  /** The trail as the record has it; set when the record has been made. */
  sealed: AuditEntry[] | undefined;
  /** Set by message handlers, taken by the main loop. */
  interruption: Interruption | undefined;
  chosenRemedy: string | undefined;
  cancelled = false;
  /** The outcome stands; clocks and reminders stop. */
  closing = false;
  /** The level of escalation that pages go to. */
  level = 1;
  /** It is merged into another one, and does nothing itself. */
  following: boolean;
  /** How the incident ended that this one follows; set by the storm, taken by whoever follows. */
  leaderOver: Outcome | undefined;
  /** Settles when the past of the cluster is known, or cannot be known in time; never rejects. */
  knowsPast: Promise<void> = Promise.resolve();
  /** Pages wait for the past, in their order: that it has been here before is the first thing that they say. */
  private pastPending = false;
  /** Set by `resume`, taken by whoever waits for a person. */
  resumed = false;
  /** Names of alerts of other classes for which those classes have been asked. */
  readonly askedAbout: Set<string>;
  /** Causes of which has been said that they came back. */
  readonly recalled = new Set<string>();
  readonly messageIds: Set<string>;
  /** Permanent fixes that have been proposed: more than those of the last cause, where the incident was reopened. */
  fixes: PermanentFixSpec[];
  private readonly changes = new Changes();
  private readonly background: Array<Promise<void>> = [];
  private pages = 0;

  constructor(input: IncidentInput) {
    const info = workflowInfo();
    this.messageIds = new Set(input.continued?.messageIds);
    this.askedAbout = new Set(input.continued?.askedAbout);
    this.fixes = input.continued?.fixes ?? [];
    this.settings = input.continued?.settings ?? UNCONFIGURED;
    this.snapshot = input.continued?.snapshot;
    this.cancelled = input.continued?.state.outcome === 'cancelled';
    this.following = input.continued?.state.leader !== undefined;
    const opened = {
      type: 'opened',
      at: this.now(),
      publicId: input.continued?.state.publicId ?? publicIdOf(info.firstExecutionRunId, info.startTime),
      workflowId: info.workflowId,
      firstRunId: info.firstExecutionRunId,
      cluster: input.cluster,
      failureDomain: input.failureDomain,
    } as const;
    this.status = input.continued?.state ?? openIncident(opened);
    this.audit = input.continued?.audit ?? audited(EMPTY_TRAIL, opened);
  }

  /** Whether this run has a change of the workflow's code. Asked only where the answer matters: it may leave a marker. */
  has(change: Change): boolean {
    return this.changes.has(change);
  }

  now(): string {
    return new Date().toISOString();
  }

  record(event: NewEvent): void {
    const stamped: IncidentEvent = { ...event, at: this.now() };
    const { owner } = this.status;
    this.status = reduce(this.status, stamped);
    this.audit = audited(this.audit, stamped);
    setCurrentDetails(currentDetails(this.status));
    // A list says who has it.
    if (this.status.owner !== owner && this.has('2026-12-ends-that-are-none')) this.publish();
  }

  /** Enters a phase and shows it wherever incidents are listed. */
  enter(phase: Phase): void {
    if (this.status.phase === phase) return;
    this.record({ type: 'phaseEntered', phase });
    this.publish();
  }

  /** Brings memo and search attributes up to date: two history events, so only where a list would change. */
  publish(): void {
    const { status } = this;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTE_KEYS.publicId, value: status.publicId },
      { key: SEARCH_ATTRIBUTE_KEYS.cluster, value: status.cluster },
      { key: SEARCH_ATTRIBUTE_KEYS.failureDomain, value: status.failureDomain },
      { key: SEARCH_ATTRIBUTE_KEYS.incidentClass, value: status.incidentClass },
      { key: SEARCH_ATTRIBUTE_KEYS.phase, value: status.phase },
      { key: SEARCH_ATTRIBUTE_KEYS.outcome, value: status.outcome ?? 'open' },
    ]);
    upsertMemo({ ...memoOf(status), audit: headOf(this.sealed ?? this.audit.entries) });
  }

  /** False where the worker does not know the incident's cluster: nothing is asked or touched then. */
  get configured(): boolean {
    return this.settings !== UNCONFIGURED;
  }

  get alertsFiring(): boolean {
    return firing(this.status.alerts).length > 0;
  }

  wait(waiting: IncidentStatus['waiting']): void {
    this.record({ type: 'waitingFor', waiting });
  }

  /** Pages a person without waiting for the pager; what became of it is in the timeline. */
  page(kind: NotificationKind, text: Text): void {
    const { publicId, cluster, severity, title } = this.status;
    this.pages += 1;
    const id = `${publicId}-${workflowInfo().runId.slice(0, 8)}-${this.pages}-${kind}`;
    const url = `${this.settings.publicUrl}/incidents/${publicId}`;
    const send = () => {
      const again = kind === 'closed' ? undefined : recurrenceText(this.status);
      const said = again ? { en: `${again.en} ${text.en}`, ko: `${again.ko} ${text.ko}` } : text;
      return notify.notifyPage({ id, kind, publicId, cluster, severity, title, text: said, url, level: this.level, at: this.now() }).then(
        ({ delivered, detail }) => this.record({ type: 'paged', kind, delivered, detail }),
        (error: unknown) => this.record({ type: 'paged', kind, delivered: false, detail: reasonOf(error) }),
      );
    };
    this.background.push(this.pastPending ? this.knowsPast.then(send) : send());
  }

  /** @param past never rejects */
  lookUp(past: Promise<void>): void {
    this.pastPending = true;
    this.knowsPast = past.then(() => void (this.pastPending = false));
  }

  /**
   * Runs something beside the main course; it must handle its own failures. That it ends with a cancelled run is none: a
   * rejection which nobody awaits would fail the workflow task, and the run could never end.
   */
  beside(work: Promise<void>): void {
    this.background.push(work.catch(ignoreCancellation));
  }

  /** Waits for pages that are still on their way, for a while: a pager that is gone must not keep an incident open. */
  async settle(): Promise<void> {
    await Promise.race([Promise.all(this.background), sleep('30 seconds')]);
  }

  /**
   * Runs `work`, cancelling it when a person interrupts, or something else does.
   * @returns what `work` returned, or `interrupted`
   */
  unlessInterrupted<Result>(work: () => Promise<Result>, somethingElse = () => false): Promise<Result | 'interrupted'> {
    return this.unless(() => this.interruption !== undefined || somethingElse(), work);
  }

  /** Runs `work`, cancelling it as soon as `stopped` says so. */
  async unless<Result>(stopped: () => boolean, work: () => Promise<Result>): Promise<Result | 'interrupted'> {
    if (stopped()) return 'interrupted';
    const scope = new CancellationScope();
    const interrupted = scope.run(() => condition(stopped)).then(() => 'interrupted' as const);
    try {
      return await Promise.race([scope.run(work), interrupted]);
    } finally {
      scope.cancel();
    }
  }
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

/** The sentence of a failure, without Temporal's wrapping. */
export function reasonOf(error: unknown): string {
  let message = String(error);
  for (let current: unknown = error; current instanceof Error; current = current.cause) message = current.message;
  return message.slice(0, 500);
}

/** A memo keeps what it is not told: what is no longer so has to be taken out of it. */
function memoOf(status: IncidentStatus): { [Key in keyof IncidentMemo]: IncidentMemo[Key] | null } {
  const { publicId, title, severity, rootCause, owner, beganAt, recoveredAt } = status;
  return {
    publicId,
    title,
    severity,
    needsYou: status.phase === 'approve' || (status.phase === 'waiting' && !status.leader),
    beganAt,
    rootCause: rootCause ?? null,
    owner: owner ?? null,
    recoveredAt: recoveredAt ?? null,
  };
}

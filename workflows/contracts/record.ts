import type { AuditEntry } from './audit';
import type { IncidentStatus } from './incident';
import type { FixBranch, FixRefusal, FixStory, KeptField, ObjectEdits } from './permanent-fix';
import type { PipelineMetrics, UnreadMetrics } from './metrics';
import type { PermanentFixSpec } from './runbook';
import type { RunEnd } from './statistics';
import type { Text } from './text';

/** What stays of an incident: `records/<yyyy>/<mm>/<public id>/record.json`. Later versions read earlier ones. */
export interface IncidentRecord {
  schema: 'nightshift/record/v1';
  incident: IncidentStatus;
  /** Proposed, with patches; their life goes on in `permanentFixWorkflow`. */
  permanentFixes: PermanentFixSpec[];
  /** Milliseconds; absent where it never happened. */
  durations: { toDetect: number; toRootCause?: number; toDecision?: number; toRecovery?: number; open: number };
  locale: 'en' | 'ko';
  /** Absent where no Prometheus and no Thanos Query is configured, and in older records. */
  metrics?: PipelineMetrics | UnreadMetrics;
  /** Where the run ended without closing its incident: this record was made afterwards, of what Temporal still had. */
  ended?: { how: RunEnd; at: string; reason: string };
  /** Becomes `audit.jsonl`, beside `record.json`. */
  audit?: AuditEntry[];
}

export interface WrittenRecord {
  /** Folder or URL of the record. */
  location: string;
  files: string[];
}

/** What `permanentFixWorkflow` is started with. */
export interface PermanentFixInput {
  cluster: string;
  publicId: string;
  incidentWorkflowId: string;
  incidentFirstRunId: string;
  fixes: PermanentFixSpec[];
  /** Where changes go into Git, and with what to tell; absent where no repository is configured, and in earlier versions. */
  git?: { queue: string; kept: KeptField[]; story: FixStory };
  /** Page that a person opens. */
  url?: string;
  /** Earlier incidents with the same root cause, newest first. */
  recurrences?: string[];
  /** Fix → the earlier incident whose fix it is, too, and still open. */
  earlier?: Record<string, string>;
}

/** What a reopened incident adds; a fix that is known already may have other fields to keep now. */
export type ProposedFixes = Pick<PermanentFixInput, 'fixes' | 'git' | 'recurrences' | 'earlier'>;

/**
 * - `proposed`: in words, or not in the repository for the reason in `problem`
 * - `published`: a branch waits to be merged
 * - `merged`: the repository says so; where the cluster can be asked, it has not come to it yet
 * - `applied`: seen in the live object
 */
export const FIX_STATES = ['proposed', 'published', 'merged', 'applied', 'declined'] as const;
export type FixState = (typeof FIX_STATES)[number];

/** What became of one proposed fix. */
export interface FixStatus {
  id: string;
  title: Text;
  state: FixState;
  settledAt?: string;
  actor?: string;
  reason?: string;
  /** Present where the change goes into Git; it is then open until the cluster has it. */
  change?: ObjectEdits[];
  on?: FixBranch;
  /** Why it is not in the repository, or cannot be followed. */
  problem?: { why: FixRefusal | 'failed'; reason: Text };
  note?: Text;
  mergedAt?: string;
  /** The live change of the incident was taken back before this was merged. */
  reverted?: { at: string; detail: string };
  /** The incident whose fix this is, too: it is settled there. */
  sameAs?: string;
}

export interface PermanentFixStatus {
  publicId: string;
  cluster: string;
  fixes: FixStatus[];
  reminders: number;
  nextReminderAt?: string;
  /** The same root cause came more than once: people hear of it sooner, and more of them. */
  priority?: 'raised';
  /** Other incidents with the same root cause, earlier and later ones. */
  recurrences?: string[];
}

export interface SettleFix {
  fix: string;
  state: 'merged' | 'applied' | 'declined';
  actor: string;
  /** Needed for `declined`. */
  reason?: string;
}

/** The same root cause has come again. */
export interface FixRecurred {
  publicId: string;
}

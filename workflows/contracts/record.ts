import type { AuditEntry } from './audit';
import type { IncidentStatus } from './incident';
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
}

/** What became of one proposed fix. */
export interface FixStatus {
  id: string;
  title: Text;
  state: 'proposed' | 'merged' | 'declined';
  settledAt?: string;
  actor?: string;
  reason?: string;
}

export interface PermanentFixStatus {
  publicId: string;
  cluster: string;
  fixes: FixStatus[];
  reminders: number;
}

export interface SettleFix {
  fix: string;
  state: 'merged' | 'declined';
  actor: string;
  /** Needed for `declined`. */
  reason?: string;
}

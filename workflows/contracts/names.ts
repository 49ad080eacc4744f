/** Every name that crosses a process boundary. Wire names are never renamed. */
import type { FailureDomain } from './vocabulary';

export const WORKFLOW = {
  incident: 'incidentWorkflow',
  permanentFix: 'permanentFixWorkflow',
  lease: 'leaseWorkflow',
  budget: 'budgetWorkflow',
  sweep: 'sweepWorkflow',
  report: 'monthlyReportWorkflow',
  watchdog: 'watchdogWorkflow',
  wake: 'wakeWorkflow',
  storm: 'stormWorkflow',
} as const;

/** What runs by the clock; also the beginning of the IDs of the workflows that are started so. */
export const SCHEDULE = { sweep: 'nightshift-sweep', report: 'nightshift-monthly-report' } as const;

export const CENTRAL_QUEUE = 'nightshift';

/** One open incident per failure domain of a cluster: the ID is the lock. */
export function incidentWorkflowId(cluster: string, domain: FailureDomain): string {
  return `incident/${cluster}/${domain}`;
}

export function leaseWorkflowId(cluster: string, domain: FailureDomain): string {
  return `lease/${cluster}/${domain}`;
}

export function budgetWorkflowId(cluster: string): string {
  return `budget/${cluster}`;
}

export function stormWorkflowId(cluster: string): string {
  return `storm/${cluster}`;
}

export function watchdogWorkflowId(cluster: string): string {
  return `watchdog/${cluster}`;
}

export function permanentFixWorkflowId(publicId: string): string {
  return `permanent-fix/${publicId}`;
}

/**
 * The ID that people see: `20261122-3f9ab21c`, from the first run's start time (UTC) and run ID.
 * Stable over continue-as-new and reset.
 */
export function publicIdOf(firstRunId: string, startTime: Date): string {
  return `${startTime.toISOString().slice(0, 10).replaceAll('-', '')}-${firstRunId.replaceAll('-', '').slice(0, 8)}`;
}

export const PUBLIC_ID_PATTERN = /^\d{8}-[0-9a-f]{8}$/;

/** The beginning of the ID, or of its second half, which differs between the incidents of one day. */
export function matchesId(publicId: string, part: string): boolean {
  return publicId.startsWith(part) || publicId.slice(9).startsWith(part);
}

/** Custom search attributes, all of type Keyword; set up by `npm start` and `nightshift setup`. */
export const SEARCH_ATTRIBUTE = {
  publicId: 'NightshiftPublicId',
  cluster: 'NightshiftCluster',
  failureDomain: 'NightshiftDomain',
  incidentClass: 'NightshiftClass',
  phase: 'NightshiftPhase',
  outcome: 'NightshiftOutcome',
} as const;

/** `kubernetes.receiveQuorum` → `kubernetesReceiveQuorum`: the activity name of a registered probe. */
export function probeActivityName(use: string): string {
  return use.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
}

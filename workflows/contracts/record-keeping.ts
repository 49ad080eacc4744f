import type { Text } from './text';

/** What one sweep over the closed incidents did. */
export interface SweepResult {
  /** Closed incidents that were looked at. */
  looked: number;
  /** Public IDs of those that got a record only now. */
  records: string[];
  /** Public IDs of those whose history was added. */
  histories: string[];
  /** Leftovers of killed writers that were removed. */
  tidied: number;
  /** Records that were too old. */
  pruned: string[];
  /** Incidents that could not be completed; the next sweep looks at them again. */
  problems: Array<{ publicId: string; problem: string }>;
}

export interface ReportInput {
  /** `2026-11`; the month before this one where absent. */
  month?: string;
}

export interface WrittenReport {
  month: string;
  timeZone: string;
  /** File or URL. */
  location: string;
  title: Text;
  /** Markdown. */
  text: Text;
  url: string;
}

export interface ReportResult {
  month: string;
  timeZone: string;
  location: string;
  delivered: boolean;
  detail: string;
}

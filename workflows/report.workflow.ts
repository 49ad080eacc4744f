import { notify, recordKeeping } from './activity-calls';
import type { ReportInput, ReportResult } from './contracts';

/**
 * Writes the report of a month beside the records and sends it. Started by a schedule on the first of the next month; run
 * again, it writes the same report anew and sends it under the same ID, by which receivers know it.
 */
export async function monthlyReportWorkflow(input: ReportInput = {}): Promise<ReportResult> {
  const report = await recordKeeping.recordsReport(input);
  const { month, timeZone, location, text, title, url } = report;
  const at = new Date().toISOString();
  const { delivered, detail } = await notify.notifyPage({ id: `report-${month}-${timeZone}`, kind: 'report', publicId: month, cluster: 'all', severity: 'info', title, text, url, level: 1, at });
  return { month, timeZone, location, delivered, detail };
}

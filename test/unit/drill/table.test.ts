import type { DrillResult } from '../../../infra/drill/drill';
import { drillMarkdown, drillTable } from '../../../infra/drill/table';

const RESULT: DrillResult = { fault: 'receivers-bad-flag', seed: 1, factor: 0.05, publicId: '-', expectedCause: 'x', foundCause: '-', rank: 0, proposed: [], forbiddenProposed: [], steps: [], outcome: '-', alertSeconds: 0, causeSeconds: null, planSeconds: null, recoveredSeconds: null, closedSeconds: 0, auditFaults: [], ablation: [], problems: [] };

test('a problem that brings a whole timeline is told by its first line, and the table stays a table', () => {
  const results = [{ ...RESULT, problems: [`The incident did not close:\n${'22:58:36 something happened | and more\n'.repeat(200)}`, 'and another'] }];
  expect(drillMarkdown(results).split('\n')).toHaveLength(3);
  expect(drillMarkdown(results)).toContain('| The incident did not close:; and another |');
  expect(drillTable(results)).toContain('and another');
  expect(drillTable(results)).not.toContain('something happened');
});

import type { DrillResult } from '../../../infra/drill/result';
import { adversityTable, drillMarkdown, drillTable, silenceTable } from '../../../infra/drill/table';

const RESULT: DrillResult = { fault: 'receivers-bad-flag', seed: 1, factor: 0.05, publicId: '-', expectedCause: 'x', foundCause: '-', rank: 0, proposed: [], forbiddenProposed: [], steps: [], outcome: '-', alertSeconds: 0, causeSeconds: null, planSeconds: null, recoveredSeconds: null, closedSeconds: 0, auditFaults: [], ablation: [], problems: [] };

test('a problem that brings a whole timeline is told by its first line, and the table stays a table', () => {
  const results = [{ ...RESULT, problems: [`The incident did not close:\n${'22:58:36 something happened | and more\n'.repeat(200)}`, 'and another'] }];
  expect(drillMarkdown(results).split('\n')).toHaveLength(3);
  expect(drillMarkdown(results)).toContain('| The incident did not close:; and another |');
  expect(drillTable(results)).toContain('and another');
  expect(drillTable(results)).not.toContain('something happened');
});

const SILENT = { publicId: '20261130-00000001', failureDomain: 'alerting', alerts: ['HeartbeatMissing'], openedSeconds: 33, silentSeconds: 30.4, causeSeconds: 3, closedSeconds: 60, causes: ['unknown', 'alertmanager-down'], outcome: 'recovered', mutations: [] };

test('silence: a line for each incident, and one where none opened', () => {
  const base = { seed: 1, factor: 0.05, problems: [] };
  const text = silenceTable([{ ...base, situation: 'two', incidents: [SILENT, { ...SILENT, publicId: '20261130-00000002', silentSeconds: null, causeSeconds: null }] }, { ...base, situation: 'none', incidents: [] }]);
  for (const words of ['20261130-00000001', '20261130-00000002', '30.4', 'nothing opened', 'tolerated silence: 30 s']) expect(text).toContain(words);
});

test('adversity: what the screen said stands below the table, without its colours', () => {
  const incident = { publicId: '20261130-00000001', failureDomain: 'receive', causes: ['unknown'], handedOver: ['Outcome: handed over to a person. no answer'], outcome: 'recovered', openSeconds: 300, mutations: [] };
  const text = adversityTable([{ situation: 'logs', fault: 'f', seed: 1, factor: 0.05, incidents: [incident], said: '\u001b[1mNo answer\u001b[22m ? logs: forbidden', problems: ['x\ny'] }, { situation: 'quiet', fault: 'f', seed: 2, factor: 0.05, incidents: [], said: '', problems: [] }]);
  expect(text).toContain('No answer ? logs: forbidden');
  expect(text).toContain('quiet: no screen said');
  expect(text).not.toContain('\u001b');
});

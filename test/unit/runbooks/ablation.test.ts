import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { ablate } from '../../../workers/cli/runbooks/ablate';
import { exampleEvidence } from '../../../workers/cli/runbooks/run-example';

const DIRECTORY = path.join(__dirname, '../../../runbooks');
const shipped = loadRunbooks(DIRECTORY, { probes, remedies }).flatMap((item) => (item.valid ? [item.runbook] : []));

/** A probe that does not answer must make a diagnosis less sure, or unknown; never another one, and never no difference. */
describe.each(shipped.map((runbook) => [runbook.id, runbook] as const))('%s without one of its deciding probes', (_, runbook) => {
  test.each(runbook.examples.map((example) => [example.id, example] as const))('%s', async (_id, example) => {
    const rows = ablate(runbook, await exampleEvidence(runbook, example, DIRECTORY));
    expect(rows.filter(({ result }) => result === 'wrong' || result === 'blind')).toEqual([]);
    if (example.expect.cause !== 'unknown') expect(rows.length).toBeGreaterThan(0);
  });
});

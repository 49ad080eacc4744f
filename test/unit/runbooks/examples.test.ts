import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { formatProblem } from '../../../activities/runbooks/problems';
import { runExample } from '../../../workers/cli/runbooks/run-example';

const DIRECTORY = path.join(__dirname, '../../../runbooks');
const loaded = loadRunbooks(DIRECTORY, { probes, remedies });

describe('runbooks that are shipped', () => {
  it.each(loaded.map((item) => [path.basename(item.file), item] as const))('%s has no problems', (_, item) => {
    expect(item.valid ? [] : item.problems.map(formatProblem)).toEqual([]);
  });

  it('are there', () => {
    expect(loaded.map(({ fileClass }) => fileClass)).toContain('remote-write-failure');
  });
});

describe.each(loaded.flatMap((item) => (item.valid ? [item.runbook] : [])).map((runbook) => [runbook.id, runbook] as const))('examples of %s', (_, runbook) => {
  it.each(runbook.examples.map((example) => [example.id, example] as const))('%s', async (_id, example) => {
    const result = await runExample(runbook, example, DIRECTORY);
    expect(result.faults).toEqual([]);
    if (example.expect.steps) expect(result.recovers).toBe(true);
  });

  it('expect every cause at least once', () => {
    const expected = new Set(runbook.examples.map(({ expect: { cause } }) => cause));
    expect(runbook.causes.map(({ id }) => id).filter((id) => !expected.has(id))).toEqual([]);
  });

  it('offer at least three for practice, and say what a person reads there', () => {
    const practice = runbook.examples.filter((example) => example.practice);
    expect(practice.length).toBeGreaterThanOrEqual(3);
    for (const { evidence } of practice) for (const fields of Object.values(evidence)) if (fields) expect(fields).toHaveProperty('summary');
  });
});

import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { withPostRecovery } from '../../../activities/runbooks/post-recovery';
import type { Runbook } from '../../../workflows/contracts';
import { probesOf } from '../../../workflows/domain/conditions';
import { TEST_RUNBOOK } from '../../support/incident-world';

const shipped = loadRunbooks(path.resolve(__dirname, '../../../runbooks'), { probes, remedies }).flatMap((loaded) => (loaded.valid ? [loaded.runbook] : []));
const common = ({ verify }: Pick<Runbook, 'verify'>) => verify.filter((line) => line.common);

describe('the post-recovery checklist', () => {
  it.each(shipped.map((runbook) => [runbook.id, runbook] as const))('is part of every verification: %s', (_id, runbook) => {
    // A line that the runbook has under the same id is asked in the runbook's own way.
    const ids = runbook.verify.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['delivered', 'caught-up', 'receivers-accept', 'pods-ready', 'claims-bound', 'endpoints-ready', 'programs-ready', 'pods-stable', 'delivered-5m', 'lag-5m', 'targets-up', 'receivers-up', 'no-5xx-5m', 'uploads-5m', 'compactor-runs', 'watchdog-fires']));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(runbook.probes.map(({ id }) => id)).size).toBe(runbook.probes.length);
  });

  it('asks registered probes what they take, for fields that they answer with', () => {
    for (const line of common(shipped[0]!)) {
      for (const id of probesOf(line.condition)) {
        const spec = shipped[0]!.probes.find((probe) => probe.id === id)!;
        const probe = probes[spec.use]!;
        expect(probe.input.safeParse(spec.with).error).toBeUndefined();
        expect(spec.verifyOnly).toBe(true);
        const fields = [...JSON.stringify(line.condition).matchAll(/"probe":"([^"]+)","field":"([^"]+)"/g)].filter(([, asked]) => asked === id).map(([, , field]) => field!);
        for (const field of fields) expect(Object.keys(probe.fields)).toContain(field);
      }
    }
  });

  it('decides `recovered at` by deltas and states, and confirms it by ranges', () => {
    const lines = common(withPostRecovery(TEST_RUNBOOK));
    const asks = (id: string) => probesOf(lines.find((line) => line.id === id)!.condition).map((probe) => probe.split('-')[0]);
    for (const line of lines) if (asks(line.id).includes('range')) expect(line.stage).toBe('stability');
    expect(lines.filter(({ stage }) => stage !== 'stability').map(({ id }) => id)).toEqual(['caught-up', 'receivers-accept', 'pods-ready', 'claims-bound', 'endpoints-ready', 'programs-ready']);
  });

  it('leaves a condition of the runbook’s own in its place, and looks at its own targets only', () => {
    const { verify, probes: asked } = withPostRecovery({ ...TEST_RUNBOOK, verify: [{ ...TEST_RUNBOOK.verify[0]!, id: 'caught-up' }] });
    expect(verify.filter(({ id }) => id === 'caught-up')).toEqual([{ ...TEST_RUNBOOK.verify[0], id: 'caught-up' }]);
    expect(asked.find(({ id }) => id === 'after-pods')?.with).toEqual({ targets: ['receiver'] });
  });
});

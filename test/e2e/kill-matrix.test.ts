/**
 * A sample of the kill matrix (`npm run kill-matrix` plays all of it): a worker or Temporal killed with SIGKILL somewhere in
 * an incident changes nothing of what becomes of it. The seed is the day's, so that cells change and a red run can be
 * repeated; NIGHTSHIFT_KILL_SEED repeats another day's.
 */
import { MATRICES, seedOfDay } from '../../infra/kill-matrix/cells';
import { runMatrix, type MatrixResult } from '../../infra/kill-matrix/matrix';
import { progressLine } from '../../infra/kill-matrix/report';

const SAMPLE = 8;
const SEED = Number(process.env['NIGHTSHIFT_KILL_SEED'] ?? seedOfDay(new Date()));

let result: MatrixResult;
beforeAll(async () => {
  process.stderr.write(`kill matrix: ${SAMPLE} cells, seed ${SEED}\n`);
  result = await runMatrix({ matrices: MATRICES, sample: SAMPLE, seed: SEED, lanes: SAMPLE, report: (cell, done, of) => process.stderr.write(`${progressLine(cell, done, of)}\n`) });
}, 600_000);

it('plays a disruptive incident of two mutations, the undo of one and a second remedy', () => {
  expect(result.reference.trace?.outcome).toBe('recovered');
  expect(result.reference.trace?.steps).toEqual([
    'restore-receiver-template: restore-template',
    'restore-receiver-template: delete-thanos-receive-2',
    'restore-receiver-template: undo-restore-template',
    'restore-receiver-service: create-object',
  ]);
});

it.each(Array.from({ length: SAMPLE }, (_, index) => index))('cell %i of the sample ends as if nobody had killed anything', (index) => {
  const cell = result.cells[index];
  expect({ cell: cell?.cell, faults: cell?.faults }).toEqual({ cell: cell?.cell, faults: [] });
  expect(cell?.lengthAtKill).toBeDefined();
});

import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { loadAnswers } from '../../../infra/drill/answers';
import { loadSituations } from '../../../infra/drill/calm';
import { loadFaults } from '../../../infra/lab/injection/fault-file';

const answers = loadAnswers();
const runbooks = loadRunbooks(path.resolve(__dirname, '../../../runbooks'), { probes, remedies }).flatMap((item) => (item.valid ? [item.runbook] : []));

test('every fault of a class that has a runbook has an answer, and every answer a fault', () => {
  const classes: string[] = runbooks.map(({ id }) => id);
  const faults = loadFaults().filter(({ answer }) => answer === undefined || classes.includes(answer.class));
  expect(Object.keys(answers).sort()).toEqual(faults.map(({ id }) => id).sort());
});

test.each(Object.entries(answers))('the answer to %s names causes and remedies that there are', (_, { cause, class: incidentClass, forbidden }) => {
  const known = runbooks.filter(({ id }) => incidentClass === undefined || id === incidentClass).flatMap(({ causes }) => causes.map(({ id }) => id));
  expect(known).toEqual(expect.arrayContaining(cause));
  expect(Object.keys(remedies)).toEqual(expect.arrayContaining(forbidden));
});

test('calm situations can be read', () => {
  expect(Object.keys(loadSituations()).length).toBeGreaterThanOrEqual(4);
});

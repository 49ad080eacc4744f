import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { loadAnswers } from '../../../infra/drill/answers';
import { loadSituations } from '../../../infra/drill/calm';
import { LabNightshift } from '../../../infra/drill/lab-nightshift';
import { clusterRbac } from '../../../infra/kubernetes/cluster-rbac';
import { loadFaults } from '../../../infra/lab/injection/fault-file';
import type { RunningLabStatus } from '../../../infra/lab/lab-status';
import { labPaths } from '../../../infra/lab/paths';
import { URLS } from '../../../infra/lab/settings';
import { loadConfig } from '../../../workers/config';
import { temporaryFolder } from '../../support/temporary-folder';

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

describe('where a fault is about objects of other names', () => {
  const folder = temporaryFolder('drill');
  const at = (name: string) => path.join(folder, name);
  mkdirSync(at('manifests'));
  mkdirSync(at('secrets'));
  for (const file of ['token', 'secrets/thanos-objstore-secret.yaml']) writeFileSync(at(file), 'x: y');
  const lab = { webhook: { url: '', tokenFile: at('token') }, gateway: { host: '127.0.0.1', port: 1 }, nightshiftKubeconfig: at('kubeconfig'), urls: URLS, desiredState: at('manifests'), factor: 0.05, parts: [] } as unknown as RunningLabStatus;
  const nightshift = new LabNightshift(lab, at('data'), { ...labPaths(folder), secrets: at('secrets') });
  const configured = () => loadConfig({ config: nightshift.configFile, dataDir: at('data') }, {}).clusters[0]!.cluster;

  test.each(Object.entries(answers).filter(([, { targets }]) => targets !== undefined))('%s configures Nightshift for them, and grants what that needs', (_, { targets = {} }) => {
    nightshift.configure(targets);
    const cluster = configured();
    const roles = clusterRbac(cluster, [], 'nightshift rbac');
    for (const [role, target] of Object.entries(targets)) {
      expect(cluster.targets[role]?.name).toBe(target?.name);
      if (target?.name) expect(roles).toContain(target.name);
    }
    nightshift.configure({});
    expect(configured().targets['agent']?.name).toBe('prometheus-agent');
  });
});

test('calm situations can be read', () => {
  expect(Object.keys(loadSituations()).length).toBeGreaterThanOrEqual(4);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { probes, remedies } from '../../../activities/registry';
import { createRunbookActivities } from '../../../activities/runbooks/activities';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { describeMatcher, matchStrength, parsePattern } from '../../../activities/runbooks/matcher';
import { failureTypeOf, type RunbookRequest } from '../../../workflows/contracts';
import { SAMPLE } from './sample-runbook';

let directory: string;
let reported: string[];

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'nightshift-runbooks-'));
  reported = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(id: string, match: string, domain = 'receive', change: (text: string) => string = (text) => text): string {
  const content = change(SAMPLE.replace('id: remote-write-failure', `id: ${id}`).replace('{ alertname: RemoteWriteLagging }\ntargets', `${match}\ntargets`).replace('failureDomain: receive', `failureDomain: ${domain}`));
  // The example's alert has to be one that the matcher claims.
  const claimed = content.replace('    alert: { alertname: RemoteWriteLagging }', '    alert: { alertname: A, job: b, pod: c }');
  writeFileSync(path.join(directory, `${id}.yaml`), claimed);
  return claimed;
}

const select = (request: Partial<RunbookRequest>) => activities().runbooksSelect({ cluster: 'c', failureDomain: 'receive', alerts: [{ alertname: 'A', job: 'b', pod: 'c' }], ...request });
const activities = () => createRunbookActivities({ directory, catalog: { probes, remedies }, report: (problem) => reported.push(problem) });

describe('selecting a runbook', () => {
  it('answers with the snapshot, its digest and why', async () => {
    const content = write('remote-write-failure', '{ alertname: A }');
    const snapshot = await select({});
    expect(snapshot?.digest).toBe(createHash('sha256').update(content).digest('hex'));
    expect(snapshot?.chosenBecause).toBe('alert A matches alertname=A');
    expect(snapshot?.runbook).not.toHaveProperty('examples');
    expect(snapshot?.runbook).not.toHaveProperty('deviations');
    expect(snapshot?.runbook.causes[0]?.supports).toEqual([]);
  });

  it('takes what was checked before for exactly this content, and checks any other', async () => {
    const content = write('remote-write-failure', '{ alertname: A }');
    const digest = createHash('sha256').update(content).digest('hex');
    const [known] = loadRunbooks(directory, { probes, remedies });
    if (!known?.valid) throw new Error('the sample is broken');
    const checked = new Map([[digest, { ...known.runbook, revision: 77 }]]);
    const ask = () => createRunbookActivities({ directory, catalog: { probes, remedies }, checked, report: (problem) => reported.push(problem) }).runbooksSelect({ cluster: 'c', failureDomain: 'receive', alerts: [{ alertname: 'A' }] });
    expect(await ask()).toMatchObject({ digest, runbook: { revision: 77 } });
    writeFileSync(path.join(directory, 'remote-write-failure.yaml'), content.replace('failureDomain: receive', 'failureDomain: nowhere'));
    await expect(ask()).rejects.toThrow(/broken/);
    // The same content under a name that it does not have is wrong, whatever was checked.
    rmSync(path.join(directory, 'remote-write-failure.yaml'));
    writeFileSync(path.join(directory, 'disk-full.yaml'), content);
    await expect(ask()).rejects.toThrow(/broken/);
  });

  it('asks what changed, of all targets, where the file does not say so itself', async () => {
    write('remote-write-failure', '{ alertname: A }');
    const asked = async () => (await select({}))?.runbook.probes.filter(({ use }) => use === 'kubernetes.recentChanges');
    expect(await asked()).toEqual([{ id: 'whatChanged', use: 'kubernetes.recentChanges', with: { targets: ['receiver'] } }]);
    write('remote-write-failure', '{ alertname: A }', 'receive', (text) => text.replace('probes:\n', 'probes:\n  - { id: changes, use: kubernetes.recentChanges, with: { targets: [receiver], within: 30 } }\n'));
    expect(await asked()).toEqual([{ id: 'changes', use: 'kubernetes.recentChanges', with: { targets: ['receiver'], within: 30 } }]);
  });

  it.each([
    ['more labels before fewer', '{ alertname: A }', '{ alertname: A, job: b }'],
    ['literal values before patterns', '{ alertname: A, job: /b/ }', '{ alertname: A, job: b }'],
    ['one literal before many patterns', '{ alertname: /A/, job: /b/, pod: /c/ }', '{ alertname: A }'],
  ])('prefers %s', async (_, weaker, stronger) => {
    write('disk-full', weaker);
    write('high-memory', stronger);
    expect((await select({}))?.runbook.id).toBe('high-memory');
  });

  it('prefers the failure domain of the incident, then the alphabet', async () => {
    write('slow-query', '{ alertname: A }', 'receive');
    write('disk-full', '{ alertname: A }', 'store');
    expect((await select({}))?.runbook.id).toBe('slow-query');
    write('high-memory', '{ alertname: A }', 'receive');
    expect((await select({}))?.runbook.id).toBe('high-memory');
  });

  it('looks at every alert of the incident', async () => {
    write('disk-full', '{ alertname: A }');
    write('high-memory', '{ alertname: A, job: b }');
    expect((await select({ alerts: [{ alertname: 'A' }, { alertname: 'A', job: 'b' }] }))?.runbook.id).toBe('high-memory');
  });

  it('answers null where nothing claims the alerts, and for a class without a file', async () => {
    write('disk-full', '{ alertname: A }');
    expect(await select({ alerts: [{ alertname: 'B' }] })).toBeNull();
    expect(await select({ incidentClass: 'slow-query' })).toBeNull();
  });

  it('takes the class that is asked for, whatever the alerts say', async () => {
    write('disk-full', '{ alertname: A, job: b }');
    write('high-memory', '{ alertname: A }');
    expect((await select({ incidentClass: 'high-memory' }))?.chosenBecause).toBe('the class high-memory was asked for');
  });
});

describe('a broken runbook', () => {
  it('is reported when the worker starts, and takes no other one down', async () => {
    write('disk-full', '{ alertname: B }', 'receive', (text) => text.replace('impact: outage', 'impact: huge'));
    write('high-memory', '{ alertname: A }');
    expect((await select({}))?.runbook.id).toBe('high-memory');
    expect(reported).toEqual([`${directory}/disk-full.yaml:17:13: \`causes[0].impact\` is the text "huge"; expected one of outage, degraded or none; use one of them`]);
  });

  it('fails the selection when it is the one that claims the alerts', async () => {
    write('disk-full', '{ alertname: A, job: b }', 'receive', (text) => text.replace('impact: outage', 'impact: huge'));
    write('high-memory', '{ alertname: A }');
    const error: unknown = await select({}).catch((caught: unknown) => caught);
    expect(failureTypeOf(error)).toBe('RunbookInvalid');
    expect((error as Error).message).toMatch(/^The runbook that claims this incident is broken: .*disk-full\.yaml:17:13: /);
  });

  it('fails the selection when its class is asked for', async () => {
    writeFileSync(path.join(directory, 'disk-full.yaml'), 'id: [');
    await expect(select({ incidentClass: 'disk-full' })).rejects.toThrow(/is not YAML/);
  });

  it('is good again as soon as it is mended, without a restart', async () => {
    writeFileSync(path.join(directory, 'disk-full.yaml'), 'id: [');
    const running = activities();
    const request = { cluster: 'c', failureDomain: 'receive', alerts: [{ alertname: 'A', job: 'b', pod: 'c' }] } as const;
    expect(await running.runbooksSelect({ ...request, alerts: [...request.alerts] })).toBeNull();
    write('disk-full', '{ alertname: A }');
    expect((await running.runbooksSelect({ ...request, alerts: [...request.alerts] }))?.runbook.id).toBe('disk-full');
  });

  it('cannot be read: one sentence that names the directory', () => {
    expect(() => createRunbookActivities({ directory: `${directory}/none`, catalog: { probes, remedies }, report: () => undefined })).toThrow(/The runbooks in .*\/none cannot be read: ENOENT/);
  });
});

describe('matchers', () => {
  it('are anchored', () => {
    expect(matchStrength({ job: '/thanos/' }, { job: 'thanos-receive' })).toBeUndefined();
    expect(matchStrength({ job: '/thanos.*/' }, { job: 'thanos-receive' })).toBe(1);
    expect(matchStrength({ job: '/a|b/' }, { job: 'ab' })).toBeUndefined();
  });

  it('take a missing label for an empty one', () => expect(matchStrength({ job: '/.*/' }, {})).toBe(1));

  it('take slashes inside a literal for what they are', () => expect(parsePattern('/data')).toEqual({ kind: 'literal', value: '/data' }));

  it('refuse patterns that are programs', () => expect(parsePattern(`/${'a'.repeat(201)}/`)).toEqual({ fault: 'the regular expression has 201 characters; at most 200 are allowed' }));

  it('do not see more than a thousand characters of a label', () => expect(matchStrength({ a: '/x{0,1000}/' }, { a: 'x'.repeat(5_000) })).toBe(1));

  it('are shown as people write them', () => expect(describeMatcher({ alertname: 'A', job: '/b.*/' })).toBe('alertname=A, job=/b.*/'));
});

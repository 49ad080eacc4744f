import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { loadAdversities, wrongCauses } from '../../../infra/drill/adversity';
import { loadAnswers } from '../../../infra/drill/answers';
import { loadSituations } from '../../../infra/drill/calm';
import { loadSilentSituations, silenceProblems, type SilenceResult } from '../../../infra/drill/silence';
import { undecided } from '../../../infra/drill/undecided';
import { labSource, projectRoot, shippedRules } from '../../../infra/lab/paths';
import type { IncidentStatus } from '../../../workflows/contracts';
import { failureDomainOf } from '../../../workflows/domain/routing';

const silent = Object.entries(loadSilentSituations());
const adverse = Object.entries(loadAdversities());
const causes = loadRunbooks(path.join(projectRoot(), 'runbooks'), { probes, remedies }).flatMap((item) => (item.valid ? item.runbook.causes.map(({ id }) => id) : []));

function shippedAlerts(): string[] {
  const files = ['', 'global'].flatMap((folder) => readdirSync(shippedRules(folder)).filter((name) => name.endsWith('.yaml')).map((name) => shippedRules(folder, name)));
  return files.flatMap((file) => (parse(readFileSync(file, 'utf8')) as { groups: Array<{ rules: Array<{ alert?: string }> }> }).groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? [])));
}

test.each(silent)('%s: what it expects are causes of runbooks and alerts that are shipped, of the domain that it says', (_, { expect: rights }) => {
  if (rights === 'nothing') return;
  const alerts = [...shippedAlerts(), 'HeartbeatMissing'];
  for (const { domain, openedBy, cause } of rights) {
    expect(causes).toEqual(expect.arrayContaining(cause));
    expect(alerts).toEqual(expect.arrayContaining(openedBy));
    expect(openedBy.map((alertname) => failureDomainOf({ alertname }))).toEqual(openedBy.map(() => domain));
  }
});

test('one way to fall silent is on purpose', () => {
  expect(silent.filter(([, { expect: rights }]) => rights === 'nothing').map(([id]) => id)).toEqual(['planned-maintenance']);
});

test.each(adverse)('%s is about a fault whose right answer is known, and takes back what it does', (_, { fault, restore }) => {
  expect(Object.keys(loadAnswers())).toContain(fault);
  expect(restore.length).toBeGreaterThan(0);
});

test('the permission that is taken away is where the Role has it', () => {
  const roles = parseAllDocuments(readFileSync(labSource('manifests', 'nightshift-rbac.yaml'), 'utf8')).map((document) => document.toJS() as { kind: string; metadata: { name: string }; rules?: Array<{ resources: string[] }> });
  const rules = roles.find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'nightshift-probe')?.rules ?? [];
  const patch = adverse.flatMap(([, { disturb }]) => disturb).flatMap((operation) => ('kubectl' in operation && operation.kubectl.args.includes('nightshift-probe') ? [JSON.parse(operation.kubectl.args.at(-1)!) as Array<{ op: string; path: string; value: string[] }>] : []));
  expect(patch).toHaveLength(1);
  const [held, replaced] = patch[0]!;
  const index = Number(held!.path.split('/')[2]);
  expect(rules[index]?.resources).toEqual(held!.value);
  expect(replaced!.value).toEqual(held!.value.filter((resource) => resource !== 'pods/log'));
});

test('the document of drills lists every situation', () => {
  const text = readFileSync(path.join(projectRoot(), 'infra', 'docs', 'drills.md'), 'utf8');
  for (const id of [...Object.keys(loadSituations()), ...silent.map(([name]) => name), ...adverse.map(([name]) => name)]) expect(text).toContain(`\`${id}\``);
});

describe('what a silence came to', () => {
  type Told = SilenceResult['incidents'][number];
  const right: Told = { publicId: 'i', failureDomain: 'alerting', alerts: ['HeartbeatMissing'], openedSeconds: 33, silentSeconds: 30.4, causeSeconds: 3, closedSeconds: 60, causes: ['unknown', 'alertmanager-down'], outcome: 'recovered', mutations: [] };
  const expected = loadSilentSituations()['alertmanager-stopped']!.expect;

  test('is right when the hop, the alert, the time and the outcome are', () => {
    expect(silenceProblems(expected, [right])).toEqual([]);
  });

  test.each<[string, Partial<Told>, string]>([
    ['another hop', { causes: ['ruler-down', 'alertmanager-down'] }, 'i: named ruler-down, alertmanager-down, expected alertmanager-down'],
    ['no hop', { causes: ['unknown'] }, 'i: named nothing, expected alertmanager-down'],
    ['another alert', { alerts: ['ThanosRuleIsDown'] }, 'i was opened by ThanosRuleIsDown, expected HeartbeatMissing'],
    ['too late', { silentSeconds: 36 }, 'opened after 36 s of silence, 30 are tolerated'],
    ['not closed', { outcome: 'open' }, 'i: outcome open, expected recovered'],
    ['another domain', { failureDomain: 'receive' }, 'i opened for receive, by HeartbeatMissing'],
  ])('is not when it is %s', (_, change, problem) => {
    expect(silenceProblems(expected, [{ ...right, ...change }])).toContain(problem);
  });

  test('is nothing where nothing may open', () => {
    expect(silenceProblems('nothing', [])).toEqual([]);
    expect(silenceProblems('nothing', [right])).toEqual(['i opened for alerting, by HeartbeatMissing']);
    expect(silenceProblems(expected, [])).toEqual(['nothing opened for alerting']);
  });
});

describe('what counts against an incident', () => {
  const named = (cause: string) => ({ at: '', phase: 'diagnose' as const, event: 'diagnosed' as const, actor: '', text: { en: '', ko: '' }, fact: { cause } });
  const incident = (change: object) => ({ publicId: 'i', failureDomain: 'receive', timeline: [], mutations: [], plans: [], decisions: [], ...change }) as unknown as IncidentStatus;

  test('a cause that is neither right, nor on the way to it, nor unknown', () => {
    const ledFrom = [{ incidentClass: 'remote-write-failure', cause: 'receivers-hashring-wrong', title: { en: '', ko: '' } }];
    const timeline = ['unknown', 'receiver-service-missing', 'receivers-hashring-wrong', 'receiver-degraded'].map(named);
    expect(wrongCauses([incident({ timeline, ledFrom })], 'receive-service-deleted')).toEqual(['i (receive) named receiver-degraded, right is receiver-service-missing']);
  });

  test('a change before enough people have decided', () => {
    const change = (planId: string, at: string, undo = false) => ({ planId, at, undo, result: 'patched', object: { kind: 'ConfigMap', name: 'x' } });
    const plan = (id: string, risk: string) => ({ kind: 'planned', plan: { id, risk } });
    const decision = (planId: string, actor: string, at: string) => ({ planId, actor, at, verdict: 'approve' });
    const decisions = [decision('p2', 'kim', '2'), decision('p2', 'lee', '4')];
    expect(undecided(incident({ plans: [plan('p1', 'safe'), plan('p2', 'destructive')], decisions, mutations: [change('p1', '1'), change('p2', '3'), change('p2', '5'), change('p2', '1', true)] }))).toEqual(['i: ConfigMap/x was changed with 1 of 2 decisions']);
  });
});

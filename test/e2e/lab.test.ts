import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { loadAnswers } from '../../infra/drill/answers';
import { auditFaults, mutationsSince } from '../../infra/drill/audit-log';
import { nightshiftInLab } from '../../infra/drill/run';
import { drill } from '../../infra/drill/drill';
import type { DrillResult } from '../../infra/drill/result';
import type { IncidentStatus } from '../../workflows/contracts';
import { replayHistory } from '../support/replay';
import type { LabNightshift } from '../../infra/drill/lab-nightshift';
import { drillTable } from '../../infra/drill/table';
import { binary } from '../../infra/lab/build';
import { getFromLab } from '../../infra/lab/forward';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';
import { labPaths, shippedRules } from '../../infra/lab/paths';
import { captureInLab } from '../../infra/lab/namespaces';
import { URLS } from '../../infra/lab/settings';
import { filesBelow, found, plant } from '../support/planted';

// One lab and one Nightshift for the whole suite; each test leaves a healthy lab behind.
const seed = Number(process.env['NIGHTSHIFT_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const say = (text: string) => process.stderr.write(`${text}\n`);
const answers = loadAnswers('main');
const results: DrillResult[] = [];
let nightshift: LabNightshift;
let end: () => Promise<void>;

beforeAll(async () => {
  say(`seed ${seed}`);
  ({ nightshift, end } = await nightshiftInLab(false, say));
}, 300_000);

afterAll(async () => {
  say(drillTable(results));
  await end();
}, 600_000);

test('the shipped rules pass their own tests', () => {
  const folder = shippedRules('tests');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) execFileSync(binary('promtool'), ['test', 'rules', path.join(folder, file)], { stdio: 'pipe' });
});

describe.each(Object.entries(answers))('%s', (fault, answer) => {
  let result: DrillResult;
  const index = Object.keys(answers).indexOf(fault);

  test('is noticed, diagnosed, decided, recovered and closed; the audit log agrees', async () => {
    result = await drill(nightshift, fault, answer, { seed: seed + index, say });
    results.push(result);
    expect(result.problems).toEqual([]);
  });

  test('leaves a record that can be read and replayed', async () => {
    const folder = nightshift.recordFolder(result.publicId);
    const record = JSON.parse(readFileSync(path.join(folder, 'record.json'), 'utf8')) as { incident: { outcome: string; timeline: unknown[] } };
    expect(record.incident.outcome).toBe('recovered');
    const postmortem = readFileSync(path.join(folder, 'postmortem.md'), 'utf8');
    expect(postmortem).toContain(result.publicId);
    await until(() => existsSync(path.join(folder, 'history.json')), 'the history in the record');
    const history: unknown = JSON.parse(readFileSync(path.join(folder, 'history.json'), 'utf8'));
    await replayHistory(WORKFLOW_BUNDLE, history);
  });
});

async function untilAlertmanagerHas(alertname: string): Promise<void> {
  for (let look = 0; look < 120; look += 1) {
    const { body } = await getFromLab(`${URLS.alertmanager}/api/v2/alerts?active=true&filter=alertname%3D%22${alertname}%22`);
    if ((JSON.parse(body) as unknown[]).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`Alertmanager never had ${alertname}`);
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let look = 0; !holds(); look += 1) {
    if (look > 300) throw new Error(`never saw ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Kills a part the first time that the incident is at some point; says which kills happened. */
function killAt(points: Record<string, { at: (status: IncidentStatus) => boolean; part: 'worker' | 'temporal' }>) {
  const killed: string[] = [];
  return {
    killed,
    onLook: async (status: IncidentStatus) => {
      const due = Object.entries(points).find(([name, { at }]) => !killed.includes(name) && at(status));
      if (!due) return;
      const [name, { part }] = due;
      killed.push(name);
      say(`  SIGKILL ${part} (${name})`);
      nightshift.kill(part);
    },
  };
}

/** Kills the worker as soon as the API server's audit log has its first write: mostly before the activity could report it. */
function killOnFirstWrite() {
  const killed: string[] = [];
  const since = new Date().toISOString();
  const timer = setInterval(() => {
    if (mutationsSince(labPaths().auditLog, since).length === 0) return;
    clearInterval(timer);
    killed.push('at the first write');
    say('  SIGKILL worker (at the first write)');
    nightshift.kill('worker');
  }, 50);
  return { killed, stop: () => clearInterval(timer) };
}

describe('killed in the middle', () => {
  test('the worker, while probes run, while a decision is awaited, around a mutation’s write, and during verification', async () => {
    const fault = 'receivers-bad-flag';
    const { killed, onLook } = killAt({
      'while probes run': { part: 'worker', at: ({ phase }) => phase === 'diagnose' },
      'while a decision is awaited': { part: 'worker', at: ({ waiting }) => waiting?.for === 'approval' },
      'during verification': { part: 'worker', at: ({ waiting }) => waiting?.for === 'verification' },
    });
    const onWrite = killOnFirstWrite();
    const result = await drill(nightshift, fault, answers[fault]!, { seed: seed + 100, say, onLook }).finally(onWrite.stop);
    const all = [...killed, ...onWrite.killed];
    results.push({ ...result, fault: `${fault} (worker killed: ${all.join(', ')})` });
    expect(result.problems).toEqual([]);
    expect(all).toEqual(expect.arrayContaining(['while a decision is awaited', 'at the first write', 'during verification']));
  });

  test('Temporal, while a decision is awaited and during verification', async () => {
    const fault = 'receivers-truncated-hashring-file';
    const { killed, onLook } = killAt({
      'while a decision is awaited': { part: 'temporal', at: ({ waiting }) => waiting?.for === 'approval' },
      'during verification': { part: 'temporal', at: ({ waiting }) => waiting?.for === 'verification' },
    });
    const result = await drill(nightshift, fault, answers[fault]!, { seed: seed + 200, say, onLook });
    results.push({ ...result, fault: `${fault} (Temporal killed: ${killed.join(', ')})` });
    expect(result.problems).toEqual([]);
    expect(killed).toHaveLength(2);
  });
});

test('nobody is there when the alert fires: Alertmanager keeps it, and delivers when Nightshift is back', async () => {
  const fault = 'receive-service-deleted';
  await nightshift.stop();
  const afterInjection = async () => {
    await untilAlertmanagerHas('RemoteWriteLagging');
    await nightshift.start();
  };
  const result = await drill(nightshift, fault, answers[fault]!, { seed: seed + 300, say, afterInjection });
  results.push({ ...result, fault: `${fault} (Nightshift away)` });
  expect(result.problems).toEqual([]);
});

test('secrets of the cluster, and what careless people write, stand in no history, log or record of a whole incident', async () => {
  const paths = labPaths();
  const planted = plant('podAnnotation', 'alertLabel', 'alertAnnotation', 'note', 'decision');
  const control = plant('inNote', 'inAlert');
  const objstoreKey = /secret_key: (\w+)/.exec(readFileSync(path.join(paths.secrets, 'thanos-objstore-secret.yaml'), 'utf8'))?.[1];
  expect(objstoreKey).toMatch(/^[0-9a-f]{40}$/);
  const annotate = () => captureInLab([binary('kubectl'), '--kubeconfig', paths.adminKubeconfig, '-n', 'monitoring', 'annotate', 'pods', '-l', 'app=thanos-receive', '--overwrite', `example.com/api-token=${planted.podAnnotation}`], paths);
  let told = false;
  const onLook = async ({ waiting, alerts, publicId }: IncidentStatus) => {
    if (told || waiting?.for !== 'approval') return;
    told = true;
    const { labels, annotations, startsAt, fingerprint } = alerts[0]!;
    await nightshift.webhook([{ status: 'firing', startsAt, fingerprint, labels: { ...labels, token: planted.alertLabel }, annotations: { ...annotations, description: `${control.inAlert} password=${planted.alertAnnotation}` } }]);
    expect((await nightshift.cli(['note', publicId, `${control.inNote} the password: ${planted.note}; token=${planted.decision}`])).code).toBe(0);
  };
  // Its remedy moves the values of the Secret.
  const fault = 'receivers-unreadable-objstore-secret';
  const result = await drill(nightshift, fault, loadAnswers('receive')[fault]!, { seed: seed + 400, say, afterInjection: () => annotate().then(() => undefined), onLook });
  results.push({ ...result, fault: `${fault} (secrets planted)` });
  expect(told).toBe(true);
  await until(() => existsSync(path.join(nightshift.recordFolder(result.publicId), 'history.json')), 'the history in the record');
  // The desired state is the team's own checkout, and holds the Secret as it should be.
  const kept = filesBelow(nightshift.dataDir, (file) => file.startsWith('desired-state/'));
  expect(found({ ...planted, objstoreKey: objstoreKey! }, kept)).toEqual([]);
  expect(found(control, kept).map((line) => line.replace(/ in .*(temporal\.db|history\.json|record\.json).*/, ' in $1'))).toEqual(expect.arrayContaining(['inNote in temporal.db', 'inAlert in temporal.db', 'inNote in history.json', 'inNote in record.json']));
  expect(result.problems).toEqual([]);
});

test('the audit check itself sees a mutation that nobody claims, and a claim that nobody made', () => {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'x' };
  const claim = { step: 's', result: 'evicted' as const, object, at: '', detail: '', planId: 'p', planHash: 'h', undo: false };
  expect(auditFaults([], { mutations: [claim] })).toHaveLength(1);
  expect(auditFaults([{ at: '', verb: 'create', object: 'pods/eviction monitoring/x', code: 201 }, { at: '', verb: 'create', object: 'pods/eviction monitoring/x', code: 201 }], { mutations: [claim] })).toHaveLength(1);
});

import type { IncidentStatus, Plan } from '../../../workflows/contracts';
import { NOBODY_TO_PAGE } from '../../../activities/notify/gateway';
import { columnsOf } from '../../../workers/cli/terminal';
import { incidentView } from '../../../workers/cli/views/incident';

// As on a terminal with colours, whatever the machine that tests says of itself.
jest.mock('picocolors', () => jest.requireActual<typeof import('picocolors')>('picocolors').createColors(true));

const text = (en: string) => ({ en, ko: `한국어 ${en}` });
const ID = '20261122-3f9ab21c';

const plan: Plan = {
  id: `${ID}-p1`,
  remedy: 'evict-broken-receivers',
  use: 'kubernetes.evictPods',
  title: text('Evict the broken receivers only'),
  cluster: 'cluster-03',
  risk: 'disruptive',
  steps: [1, 2].map((index) => ({ id: `s${index}`, action: 'evict', object: { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: `thanos-receive-${index}`, uid: `u${index}` }, reason: text('it is broken (CrashLoopBackOff)') })),
  inverse: [],
  gates: [{ gate: 'quorum', passed: true, reason: text('No receiver that takes writes is lost.') }],
  blastRadius: { pods: ['thanos-receive-1', 'thanos-receive-2'], text: text('2 of 3 pods, none of them ready') },
  ifNothingIsDone: text('Samples are lost from about 05:10 on.'),
  diff: Array.from({ length: 40 }, (_, line) => `- line ${line}`).join('\n'),
  dryRun: ['the server would accept it'],
  plannedAt: '2026-11-22T03:10:30.000Z',
  hash: 'ab'.repeat(32),
};

function incident(change: Partial<IncidentStatus> = {}): IncidentStatus {
  return {
    publicId: ID,
    workflowId: 'incident/cluster-03/receive',
    firstRunId: '3f9ab21c-0000-0000-0000-000000000000',
    cluster: 'cluster-03',
    failureDomain: 'receive',
    incidentClass: 'remote-write-failure',
    title: text('Remote write is failing'),
    severity: 'critical',
    impact: 'outage',
    phase: 'approve',
    practice: false,
    beganAt: '2026-11-22T03:05:00.000Z',
    openedAt: '2026-11-22T03:10:00.000Z',
    alerts: [{ fingerprint: 'f', status: 'firing', labels: { alertname: 'RemoteWriteLagging\u001b[2J' }, annotations: {}, startsAt: '2026-11-22T03:05:00.000Z', firstSeenAt: '2026-11-22T03:10:00.000Z' }],
    evidence: [{ probe: 'receiverPods', use: 'kubernetes.pods', status: 'answered', at: '', fields: {}, summary: '1 of 3 pods are ready\u202e' }],
    causes: [
      { id: 'own-files', title: text('Broken receivers trip over files of their own'), explanation: text('The template is good.'), confidence: 0.99, verdict: 'confirmed', impact: 'outage', supports: ['receiverPods.quorumHolds is false', 'receiverPods.broken is 2'], contradicts: [], missing: [], remedies: [plan.remedy], permanentFix: [] },
      { id: 'service', title: text('The Service is gone'), explanation: text(''), confidence: 0, verdict: 'rejected', impact: 'outage', supports: [], contradicts: [], missing: [], remedies: [], permanentFix: [] },
    ],
    rootCause: 'own-files',
    plans: [{ kind: 'planned', plan }],
    plan,
    decisions: [],
    mutations: [],
    clocks: { rootCause: { dueAt: '' }, recovery: { dueAt: '' } },
    waiting: { for: 'approval', since: '2026-11-22T03:10:31.000Z', text: text('a decision') },
    notes: [],
    refusedMessages: [],
    timeline: [{ at: '2026-11-22T03:10:31.000Z', phase: 'approve', event: 'approvalAsked', actor: 'nightshift', text: text('Plan waits') }],
    ...change,
  };
}

/** Colours take no columns. */
// eslint-disable-next-line no-control-regex -- it is about escapes
const plain = (view: string) => view.replace(/\u001b\[\d+m/g, '');

describe('what a person sees at 3 a.m.', () => {
  beforeEach(() => {
    process.env['NIGHTSHIFT_LOCALE'] = 'en';
  });
  afterAll(() => {
    delete process.env['NIGHTSHIFT_LOCALE'];
  });

  test('fits one screen', () => {
    const lines = plain(incidentView(incident())).split('\n');
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(lines.filter((line) => columnsOf(line) > 100)).toEqual([]);
  });

  test('says what, why, what will be done, what if not, and ends with what to type', () => {
    const view = plain(incidentView(incident()));
    for (const part of ['Remote write is failing', 'NEEDS YOU', 'Broken receivers trip over files of their own — 99 %', '1 of 3 pods are ready', 'THE PLAN', 'evict Pod monitoring/thanos-receive-1', 'disruptive', 'hash abababababab', 'Samples are lost', 'The Service is gone']) {
      expect(view).toContain(part);
    }
    expect(view.trimEnd().split('\n').slice(-5)).toEqual(['Type next', `  npx nightshift approve ${ID}`, `  npx nightshift reject ${ID} --reason "…"`, `  npx nightshift take-over ${ID}   # nothing is executed any more`, `  npx nightshift pause ${ID} --for 15m   # then it goes on`]);
  });

  test('what else could be done, by the ID that it is chosen with', () => {
    const { waiting: _waiting, ...status } = incident();
    const causes = incident().causes.map((cause) => ({ ...cause, remedies: cause.verdict === 'rejected' ? ['recreate-service'] : [plan.remedy, 'restore-template', 'restart-all', 'fourth'] }));
    const asked = plain(incidentView(incident({ causes })));
    expect(asked).toContain(`  npx nightshift choose-remedy ${ID} restore-template\n  npx nightshift choose-remedy ${ID} restart-all\n  npx nightshift runbook explain remote-write-failure --cause own-files\n`);
    for (const not of [`choose-remedy ${ID} ${plan.remedy}`, 'recreate-service', 'fourth']) expect(asked).not.toContain(not);
    expect(plain(incidentView({ ...status, causes, phase: 'waiting' }))).toContain(`choose-remedy ${ID} ${plan.remedy}`);
    expect(plain(incidentView({ ...status, causes, phase: 'waiting', rootCause: 'unknown' }))).toMatch(/runbook explain remote-write-failure$/m);
    expect(plain(incidentView({ ...status, causes, phase: 'recover' }))).not.toContain('choose-remedy');
  });

  test('every time on it is in UTC, and says so', () => {
    const view = plain(incidentView(incident({ notes: [{ at: '2026-11-22T03:11:00.000Z', actor: 'kim', text: 'x' }], recoveredAt: '2026-11-22T03:13:00.000Z' })));
    expect(view.match(/\d\d:\d\d:\d\d/g)?.length).toBeGreaterThanOrEqual(5);
    expect(view).not.toMatch(/\d\d:\d\d:\d\d(?! UTC)/);
  });

  test('that there is nobody to be paged is said once', () => {
    const page = (kind: string) => ({ at: '2026-11-22T03:10:31.000Z', phase: 'approve' as const, event: 'paged' as const, actor: 'nightshift', text: text(`Page “${kind}” not delivered: ${NOBODY_TO_PAGE}`) });
    const { timeline } = incident();
    expect(plain(incidentView(incident({ timeline: [page('opened'), ...timeline, page('needs-you'), page('overdue')] })))).toMatch(/Last +03:10:31 UTC Page “opened” not delivered.*\n +03:10:31 UTC Plan waits\n/);
  });

  test('closed, its permanent fixes are listed by a command', () => {
    const { waiting: _waiting, ...status } = incident({ phase: 'closed', outcome: 'recovered', permanentFix: { workflowId: 'w', fixes: [{ id: 'f', title: text('f') }] } });
    expect(plain(incidentView(status))).toContain('npx nightshift fixes list');
  });

  test('says by way of which class it came to the present one', () => {
    expect(plain(incidentView(incident({ ledFrom: [{ incidentClass: 'disk-full', cause: 'x', title: { en: 'No space', ko: '공간 부족' } }] })))).toMatch(/By way of +No space \(disk-full\)/);
  });

  test('that it has been here before comes first', () => {
    const past = [{ publicId: '20261101-00000001', incidentClass: 'remote-write-failure' as const, openedAt: '2026-11-01T00:00:00.000Z', rootCause: { id: 'own-files', title: text('Own files') }, remedies: [], openFixes: ['check-hashring-copy'] }];
    expect(plain(incidentView(incident({ past }))).split('\n').slice(2).join(' ')).toMatch(/^Again +The same root cause as in 20261101-00000001; its permanent\s+fix is still open\./);
    expect(plain(incidentView(incident()))).not.toContain('Again');
  });

  test('evidence is the probes\' sentences, each once', () => {
    expect(plain(incidentView(incident())).match(/1 of 3 pods are ready/g)).toHaveLength(1);
  });

  test('nothing in it steers the terminal', () => {
    const view = incidentView(incident());
    expect(view).toContain('\u001b[1m');
    // eslint-disable-next-line no-control-regex -- it is about escapes
    expect(plain(view)).not.toMatch(/[\u001b\u202e\u0007]/);
  });

  test('in Korean, texts are Korean', () => {
    process.env['NIGHTSHIFT_LOCALE'] = 'ko';
    expect(plain(incidentView(incident()))).toContain('한국어 Remote write is failing');
  });

  test.each<[string, Partial<IncidentStatus>, string]>([
    ['taken over', { owner: 'kim', phase: 'waiting' }, `resume ${ID}`],
    ['being verified', { phase: 'verify', waiting: { for: 'verification', since: '2026-11-22T03:12:00.000Z', text: text('the conditions') } }, `watch ${ID}`],
    ['closed', { phase: 'closed', outcome: 'recovered', closedAt: '2026-11-22T03:20:00.000Z' }, `postmortem ${ID}`],
  ])('%s: the first command is the likeliest', (_, change, command) => {
    const { waiting: _waiting, ...rest } = incident();
    const view = plain(incidentView({ ...rest, ...change }));
    expect(view.slice(view.indexOf('Type next')).split('\n')[1]).toContain(`npx nightshift ${command}`);
  });

  test('what did not answer is said with its reason, beside the cause that was named without it', () => {
    const silent = ['agentLogs', 'receiverLogs'].map((probe) => ({ probe, use: 'kubernetes.logs', status: 'unanswered' as const, at: '', fields: {}, summary: '', error: { type: 'NotAuthorized', message: `The Kubernetes API answered 403 to the log of Pod monitoring/${probe}` } }));
    const status = incident();
    const view = plain(incidentView({ ...status, evidence: [...status.evidence, ...silent] }));
    expect(view).toContain('No answer ? agentLogs, receiverLogs: The Kubernetes API answered 403 to the log of Pod');
  });

  test('where no cause is certain, the likeliest is not shown as if it were', () => {
    const view = plain(incidentView(incident({ rootCause: 'unknown' })));
    expect(view).toMatch(/Cause +not certain; most likely: Broken receivers trip over files of their own — 99 %/);
    expect(view).not.toContain('confirmed');
  });

  test('where everything speaks against every cause, none is called likely', () => {
    const { causes } = incident();
    const view = plain(incidentView(incident({ rootCause: 'unknown', causes: causes.map((cause) => ({ ...cause, verdict: 'rejected', confidence: 0 })) })));
    expect(view).toMatch(/Cause +not found; what was seen speaks against every cause that is known/);
    expect(view).not.toContain('most likely');
  });

  test('what is tried again is said with what the last try met with', () => {
    const retrying = [{ what: 'kubernetesExecuteStep', attempt: 5, why: 'The Kubernetes API of cluster-03 did not answer in time\u001b[2J' }];
    expect(plain(incidentView({ ...incident({ phase: 'recover' }), retrying }))).toContain('So far    ↻ the step (5): The Kubernetes API of cluster-03 did not answer in time');
    expect(plain(incidentView({ ...incident({ phase: 'recover' }), retrying }, 'ko'))).toContain('↻ 단계 실행 (5):');
    expect(plain(incidentView(incident()))).not.toContain('So far');
  });

  test('without a root cause, all the evidence is there', () => {
    const view = plain(incidentView(incident({ causes: [], rootCause: 'unknown', evidence: [{ probe: 'q', use: 'thanos.query', status: 'unanswered', at: '', fields: {}, summary: '', error: { type: 'UpstreamUnavailable', message: 'Thanos Query did not answer' } }] })));
    expect(view).toContain('not found; the evidence is below');
    expect(view).toContain('Thanos Query did not answer');
  });
});

import { LOG_PATTERNS } from '../../../activities/kubernetes/log-patterns';
import type { ActiveAlert } from '../../../activities/alertmanager/gateway';
import type { AlertingRule } from '../../../activities/prometheus/gateway';
import { accessWith, NOW, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

const before = (seconds: number) => new Date(Date.parse(NOW) - seconds * 1000).toISOString();

describe('temporal.heartbeat', () => {
  const heard = (known: { lastHeartbeatAt?: string; silent: boolean } | undefined): TestAccess => {
    const access = accessWith();
    access.heartbeats = { ofCluster: () => Promise.resolve(known && { ...known, tolerateMs: 600_000 }) };
    return access;
  };

  it('says when the cluster was heard of last, and whether since the change', async () => {
    const access = heard({ lastHeartbeatAt: before(30), silent: false });
    const { fields, summary } = await ask(access, 'temporal.heartbeat', {}, { since: before(600) });
    expect(fields).toEqual({ notApplicable: false, silent: false, everHeard: true, ageSeconds: 30, toleratedSeconds: 600, heardAgain: true });
    expect(summary).toBe('The last heartbeat came 30 s ago; 600 s without one are tolerated.');
    expect((await ask(access, 'temporal.heartbeat', {}, { since: before(600), mutatedAt: before(10) })).fields['heardAgain']).toBe(false);
  });

  it('knows a cluster that was never heard of from one that nobody expects', async () => {
    expect((await ask(heard({ silent: true }), 'temporal.heartbeat')).fields).toMatchObject({ notApplicable: false, silent: true, everHeard: false, ageSeconds: null, heardAgain: false });
    for (const access of [heard(undefined), accessWith()]) expect((await ask(access, 'temporal.heartbeat')).fields).toMatchObject({ notApplicable: true, silent: null, heardAgain: null });
  });
});

describe('alertmanager.heartbeat', () => {
  const has = (...alerts: Array<Partial<ActiveAlert>>): TestAccess => {
    const access = accessWith();
    access.alertmanager = { activeAlerts: (filter) => Promise.resolve(filter[0] === 'alertname="Watchdog"' ? alerts.map((alert) => ({ fingerprint: 'f', labels: { alertname: 'Watchdog', cluster: 'cluster-03' }, startsAt: '', state: 'active' as const, receivers: ['nightshift'], silencedBy: [], ...alert })) : []) };
    return access;
  };

  it.each([
    ['there and routed', [{}], { present: true, suppressed: false, receivers: ['nightshift'] }],
    ['of a Prometheus that has no cluster label', [{ labels: { alertname: 'Watchdog' } }], { present: true }],
    ['of another cluster only', [{ labels: { alertname: 'Watchdog', cluster: 'cluster-04' } }], { present: false, suppressed: null }],
    ['silenced', [{ state: 'suppressed' as const, silencedBy: ['s1'] }], { present: true, suppressed: true, silences: ['s1'] }],
    ['silenced on one side only', [{ state: 'suppressed' as const, silencedBy: ['s1'] }, { fingerprint: 'g' }], { suppressed: false }],
    ['gone', [], { present: false, suppressed: null, receivers: [] }],
  ])('%s', async (_, alerts, fields) => expect((await ask(has(...alerts), 'alertmanager.heartbeat')).fields).toMatchObject(fields));
});

describe('prometheus.rules', () => {
  const rule = (change: Partial<AlertingRule> = {}): AlertingRule => ({ group: 'g', name: 'Watchdog', health: 'ok', lastEvaluation: before(14), firing: [{ alertname: 'Watchdog', cluster: 'cluster-03' }], ...change });
  const evaluates = (...rules: AlertingRule[]): TestAccess => {
    const access = accessWith();
    access.rules = { alertingRules: () => Promise.resolve(rules) };
    return access;
  };

  it.each([
    ['fires', [rule()], { exists: true, health: 'ok', firing: true, staleSeconds: 14, failing: 0 }],
    ['one rule per cluster: ours fires', [rule({ firing: [{ cluster: 'cluster-04' }] }), rule()], { firing: true }],
    ['fires for another cluster only', [rule({ firing: [{ cluster: 'cluster-04' }] })], { firing: false }],
    ['fires without a cluster label', [rule({ firing: [{ alertname: 'Watchdog' }] })], { firing: true }],
    ['cannot be evaluated', [rule({ health: 'err', lastError: 'connection refused', firing: [] }), rule({ name: 'X', health: 'err' })], { health: 'err', firing: null, failing: 2, errors: ['connection refused'] }],
    ['was not evaluated for long', [rule({ lastEvaluation: before(900), firing: [] })], { staleSeconds: 900, firing: false }],
    ['was never evaluated', [rule({ health: 'unknown', lastEvaluation: '0001-01-01T00:00:00Z', firing: [] })], { health: 'unknown', staleSeconds: null }],
    ['is not there', [rule({ name: 'X' })], { exists: false, health: null, firing: null, rules: 1 }],
  ])('%s', async (_, rules, fields) => expect((await ask(evaluates(...rules), 'prometheus.rules')).fields).toMatchObject(fields));

  it('is not applicable where nobody is configured', async () => {
    expect((await ask(accessWith(), 'prometheus.rules')).fields).toMatchObject({ notApplicable: true, exists: null });
  });
});

describe('what Alertmanager logs', () => {
  it.each([
    ['notifyUnauthorized', 'time=2026-01-01T00:00:00Z level=ERROR source=dispatch.go:360 msg="Notify for alerts failed" component=dispatcher num_alerts=1 err="nightshift/webhook[0]: notify retry canceled due to unrecoverable error after 1 attempts: unexpected status code 401: http://nightshift:8088/webhooks/alertmanager"'],
    ['notifyRefused', 'level=ERROR msg="Notify for alerts failed" err="nightshift/webhook[0]: notify retry canceled due to unrecoverable error after 1 attempts: unexpected status code 404"'],
    ['notifyServerError', 'level=WARN msg="Notify attempt failed, will retry later" attempts=1 err="unexpected status code 503"'],
    ['notifyUnreachable', 'level=WARN msg="Notify attempt failed, will retry later" attempts=1 err="Post \\"<redacted>\\": dial tcp 10.96.0.31:8088: connect: connection refused"'],
  ])('%s, and nothing else', (name, line) => {

    const notified = Object.entries(LOG_PATTERNS).filter(([pattern, { pattern: expression }]) => pattern.startsWith('notify') && expression.test(line)).map(([pattern]) => pattern);
    expect(notified).toEqual([name]);
  });
});

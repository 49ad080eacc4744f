import { checklists } from '../../../activities/records/postmortem/checklists';
import { speaker } from '../../../activities/records/postmortem/language';
import { incidentView } from '../../../workers/cli/views/incident';
import type { Checklist, Evidence, IncidentRecord } from '../../../workflows/contracts';
import { fixture } from './records-harness';

jest.mock('picocolors', () => jest.requireActual<typeof import('picocolors')>('picocolors').createColors(false));

const GONE: Checklist[] = [{
  id: 'first-look', title: { en: 'First look', ko: '1차 확인' }, lines: [
    { id: 'pods', title: { en: 'Pods are Running and Ready', ko: '파드가 Running·Ready 상태' }, verdict: 'ok', because: ['6 of 6 pods are ready.'], probes: ['allPods'] },
    { id: 'errors', title: { en: 'No errors in the logs', ko: '로그에 오류 없음' }, verdict: 'look-here', because: ['Errors in the logs of thanos-receive-1.'], probes: ['allErrors'] },
    { id: 'usage', title: { en: 'CPU and memory', ko: 'CPU·메모리' }, verdict: 'not-answered', because: ['kubernetes.usage did not answer: 403 | <b>grant</b> the permission'], probes: ['allUsage'] },
    { id: 'dns', title: { en: 'Names resolve', ko: 'DNS 이름 확인' }, verdict: 'not-applicable', because: ['The worker runs outside.'], probes: ['allNames'] },
  ],
}];
const ERRORS: Evidence = { probe: 'allErrors', use: 'kubernetes.errorLogs', status: 'answered', at: '', fields: {}, summary: 'Errors in the logs of thanos-receive-1.', table: { columns: ['pod', 'line'], rows: [['thanos-receive-1', 'level=error msg="\u001b[2Jboom"'], ['thanos-receive-1', 'two'], ['thanos-receive-1', 'three'], ['thanos-receive-1', 'four'], ['thanos-receive-1', 'five']] } };

function record(change: Partial<IncidentRecord['incident']> = {}): IncidentRecord {
  const handedOver = fixture('handed-over');
  const alert = { ...handedOver.incident.alerts[0]!, status: 'firing' as const, labels: { alertname: 'NobodyKnowsMe', tenant: 'blue' }, annotations: { description: 'something is odd' } };
  return { ...handedOver, incident: { ...handedOver.incident, phase: 'waiting', causes: [], rootCause: 'unknown', alerts: [alert], evidence: [ERRORS], checklists: GONE, ...change } };
}

describe('what a person has to go on where no cause is certain', () => {
  it('is in the postmortem by checklist: verdicts, reasons, what the alert says, and the tables of open lines', () => {
    const text = checklists(record(), speaker('en'))!;
    expect(text).toContain('Lines that need a look: No errors in the logs; CPU and memory.');
    expect(text).toContain('tenant = blue');
    expect(text).toContain('description = something is odd');
    expect(text).toContain('| Pods are Running and Ready | ok | 6 of 6 pods are ready. |');
    expect(text).toContain('| CPU and memory | **not answered** | kubernetes.usage did not answer: 403 \\| \\<b\\>grant\\</b\\> the permission |');
    expect(text).toContain('| Names resolve | not applicable |');
    expect(text).toContain('| thanos-receive-1 | five |');
    const korean = checklists(record(), speaker('ko'))!;
    expect(korean).toContain('확인이 필요한 항목 2개: 로그에 오류 없음; CPU·메모리.');
    expect(korean).toContain('| 로그에 오류 없음 | **확인 필요** |');
  });

  it('is not there where a cause was found without going through them', () => {
    const { checklists: _none, ...incident } = record().incident;
    expect(checklists({ ...record(), incident }, speaker('en'))).toBeUndefined();
  });

  it('is on the screen of `nightshift show`, in both languages, and steers no terminal', () => {
    const screen = incidentView(record().incident, 'en');
    expect(screen).toContain('✓ Pods are Running and Ready: ok.');
    expect(screen).toContain('! No errors in the logs: look here.');
    expect(screen).toContain('? CPU and memory: not answered. kubernetes.usage did not answer: 403');
    expect(screen).toContain('– Names resolve: not applicable.');
    expect(screen).toContain('tenant=blue — description=something is odd');
    expect(screen).toContain('… 1 more');
    expect(screen).not.toContain('\u001b[2J');
    expect(incidentView(record().incident, 'ko')).toContain('! 로그에 오류 없음: 확인 필요.');
  });
});

import type { Condition, ProbeSpec, Runbook, Text, VerifySpec } from '../../workflows/contracts';

/** One line of the post-recovery checklist (domain reference, section 6). */
interface Line {
  id: string;
  title: Text;
  condition: Condition;
  /** Asked for `recovered at` by deltas and states, or in the stability window by ranges; both where absent. */
  stage?: NonNullable<VerifySpec['stage']>;
}

const RANGES = ['delivered', 'lag', 'targetsUp', 'receiversReady', 'serverErrors', 'uploadFailures', 'compactorHalted'] as const;
/** Without this role in a cluster a line about it does not apply. */
const ROLE_OF: Readonly<Record<(typeof RANGES)[number], string | undefined>> = { delivered: 'agent', lag: 'agent', targetsUp: undefined, receiversReady: 'receiver', serverErrors: 'receiver', uploadFailures: 'objectStore', compactorHalted: 'compactor' };

const rangeId = (line: string) => `range-${line}`;

/**
 * Of the runbook's own targets: what else is broken at the same time is another incident's. Whether a workload has to exist is
 * for the runbook's own conditions: a role that the configuration has by default may be one that this cluster does not use.
 */
function probesFor({ targets }: Pick<Runbook, 'targets'>): ProbeSpec[] {
  const ours: ProbeSpec[] = [
    { id: 'after-delivery', use: 'prometheus.agentDelivery', with: {}, role: 'agent' },
    { id: 'after-receivers', use: 'thanos.receivers', with: {}, role: 'receiver' },
    { id: 'after-pods', use: 'kubernetes.workloads', with: { targets } },
    { id: 'after-claims', use: 'kubernetes.claims', with: { targets } },
    { id: 'after-endpoints', use: 'kubernetes.endpoints', with: { targets } },
    { id: 'after-health', use: 'kubernetes.health', with: { targets } },
    { id: 'after-watchdog', use: 'alertmanager.alerts', with: { alertnames: ['Watchdog'], label: null } },
  ];
  const ranges = RANGES.map((line): ProbeSpec => ({ id: rangeId(line), use: 'prometheus.range', with: { line }, ...(ROLE_OF[line] && { role: ROLE_OF[line] }) }));
  return [...ours, ...ranges].map((spec) => ({ ...spec, verifyOnly: true }));
}

const whole = (line: string, condition: Condition): Condition => ({ all: [condition, { probe: rangeId(line), field: 'warnings', isEmpty: true }] });
const over5m = { en: 'over the last five minutes', ko: '최근 5분' };

const LINES: readonly Line[] = [
  { id: 'delivered', stage: 'recovered', title: { en: 'More than 99 % of what the agent sends arrives', ko: '에이전트 전송 성공률 99 % 초과' }, condition: { all: [{ probe: 'after-delivery', field: 'running', is: true }, { probe: 'after-delivery', field: 'complete', is: true }, { probe: 'after-delivery', field: 'deliveredRatio', above: 0.99 }] } },
  { id: 'caught-up', stage: 'recovered', title: { en: 'The agent is less than two minutes behind', ko: '에이전트 지연 2분 미만' }, condition: { probe: 'after-delivery', field: 'lagSeconds', below: 120 } },
  { id: 'receivers-accept', stage: 'recovered', title: { en: 'Receivers answer fewer than 1 % of the writes with 5xx', ko: '리시버의 5xx 응답 1 % 미만' }, condition: { probe: 'after-receivers', field: 'serverErrorRatio', below: 0.01 } },
  { id: 'pods-ready', title: { en: 'Every pod that the runbook is about is ready', ko: '대상 파드가 모두 준비됨' }, condition: { all: [{ probe: 'after-pods', field: 'workloads', above: 0 }, { probe: 'after-pods', field: 'notReady', isEmpty: true }] } },
  { id: 'pods-stable', stage: 'stability', title: { en: 'None of them restarted lately, and no rollout is under way', ko: '최근 재시작이 없고 진행 중인 배포가 없음' }, condition: { all: [{ probe: 'after-pods', field: 'restartedLately', isEmpty: true }, { probe: 'after-pods', field: 'incomplete', isEmpty: true }] } },
  { id: 'claims-bound', title: { en: 'Their volume claims are bound', ko: '대상 PVC가 Bound 상태' }, condition: { probe: 'after-claims', field: 'notBound', isEmpty: true } },
  { id: 'endpoints-ready', title: { en: 'Services lead to every pod that they select', ko: 'Service가 모든 대상 파드로 연결됨' }, condition: { all: [{ probe: 'after-endpoints', field: 'incomplete', isEmpty: true }, { probe: 'after-endpoints', field: 'withoutReady', isEmpty: true }] } },
  { id: 'programs-ready', title: { en: 'The programs say that they are ready: their WAL has been replayed', ko: '프로그램이 준비됨(WAL 재생 완료)' }, condition: { probe: 'after-health', field: 'failing', isEmpty: true } },
  { id: 'delivered-5m', stage: 'stability', title: { en: `More than 99 % arrived ${over5m.en}`, ko: `${over5m.ko} 전송 성공률 99 % 초과` }, condition: whole('delivered', { probe: rangeId('delivered'), field: 'value', above: 0.99 }) },
  { id: 'lag-5m', stage: 'stability', title: { en: 'The newest sample sent is less than two minutes old', ko: '최신 전송 샘플이 2분 이내' }, condition: whole('lag', { probe: rangeId('lag'), field: 'value', below: 120 }) },
  { id: 'targets-up', stage: 'stability', title: { en: 'More than 95 % of the targets are up', ko: '수집 대상 95 % 초과 정상' }, condition: whole('targetsUp', { probe: rangeId('targetsUp'), field: 'value', above: 0.95 }) },
  { id: 'receivers-up', stage: 'stability', title: { en: 'As many receivers are ready as there should be', ko: '준비된 리시버 수가 예상과 같음' }, condition: whole('receiversReady', { probe: rangeId('receiversReady'), field: 'missing', is: 0 }) },
  { id: 'no-5xx-5m', stage: 'stability', title: { en: `Fewer than 1 % of the writes were answered with 5xx ${over5m.en}`, ko: `${over5m.ko} 5xx 응답 1 % 미만` }, condition: whole('serverErrors', { probe: rangeId('serverErrors'), field: 'value', below: 0.01 }) },
  { id: 'uploads-5m', stage: 'stability', title: { en: `No upload to the object store failed ${over5m.en}`, ko: `${over5m.ko} 업로드 실패 없음` }, condition: whole('uploadFailures', { probe: rangeId('uploadFailures'), field: 'value', is: 0 }) },
  { id: 'compactor-runs', stage: 'stability', title: { en: 'The Compactor has not halted', ko: 'Compactor가 중단되지 않음' }, condition: whole('compactorHalted', { probe: rangeId('compactorHalted'), field: 'value', is: 0 }) },
  { id: 'watchdog-fires', stage: 'stability', title: { en: 'The Watchdog still fires: alerts would arrive', ko: 'Watchdog 알림이 계속 발생함' }, condition: { probe: 'after-watchdog', field: 'active', above: 0 } },
];

/**
 * The post-recovery checklist is part of every verification: added when a file is read, as `askingWhatChanged` does, so that it
 * is in the snapshot that lives in an incident's history. A condition of the runbook's own with the same id takes a line's
 * place.
 */
export function withPostRecovery(runbook: Runbook): Runbook {
  const lines = LINES.filter(({ id }) => !runbook.verify.some((own) => own.id === id)).map((line): VerifySpec => ({ ...line, common: true }));
  return { ...runbook, probes: [...runbook.probes, ...probesFor(runbook)], verify: [...runbook.verify, ...lines] };
}

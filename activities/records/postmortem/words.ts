import type { FailureDomain, Impact, Risk, Text } from '../../../workflows/contracts';

export { OUTCOME_TEXT as OUTCOME, STEP_RESULT_TEXT as RESULT } from '../../../workflows/domain/timeline';

export const IMPACT: Record<Impact, Text> = {
  outage: { en: 'an outage: samples were delayed or lost', ko: '장애: 샘플이 지연되거나 유실됨' },
  degraded: { en: 'degraded, not an outage: only redundancy was gone', ko: '성능 저하: 장애는 아니며 이중화만 상실' },
  none: { en: 'no effect on the pipeline yet', ko: '아직 파이프라인에 영향 없음' },
};

/** Completes "… raised the alarm, and …" and its Korean counterpart. */
export const IMPACT_CLAUSE: Record<Impact, Text> = {
  outage: { en: 'this was an outage: samples were delayed or lost', ko: '샘플이 지연되거나 유실되는 장애였습니다' },
  degraded: { en: 'this was no outage: writes went on, only redundancy was gone', ko: '쓰기는 계속되고 이중화만 상실한 성능 저하였습니다' },
  none: { en: 'it had no effect on the pipeline yet', ko: '아직 파이프라인에 영향은 없었습니다' },
};

export const DOMAIN: Record<FailureDomain, string> = {
  agent: '에이전트', receive: '수신(Receive)', query: '조회(Query)', store: '저장소(Store)', compact: '압축(Compact)', ui: '화면(Grafana)', alerting: '알림', unknown: '알 수 없음',
};

export const RISK: Record<Risk, Text> = {
  safe: { en: 'safe', ko: '안전' },
  disruptive: { en: 'disruptive', ko: '서비스 영향 가능(disruptive)' },
  destructive: { en: 'destructive: it loses data', ko: '파괴적(destructive): 데이터 유실 수반' },
};

export const ACTION: Record<string, Text> = {
  evict: { en: 'evict', ko: '축출' },
  delete: { en: 'delete', ko: '삭제' },
  patch: { en: 'patch', ko: '변경' },
  create: { en: 'create', ko: '생성' },
  keepSecret: { en: 'keep a copy of the values in', ko: '이전 값의 사본 보관' },
  fillSecret: { en: 'restore the values of', ko: '값 복원' },
  reload: { en: 'reload the configuration of', ko: '설정 다시 읽기' },
};

export const VERDICT: Record<'confirmed' | 'possible' | 'rejected', Text> = {
  confirmed: { en: 'also fits, less well', ko: '해당 가능성이 있으나 근거가 약함' },
  possible: { en: 'could not be decided', ko: '판단할 수 없음' },
  rejected: { en: 'ruled out', ko: '배제됨' },
};

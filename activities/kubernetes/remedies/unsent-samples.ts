/** The gate that protects what an agent has scraped and not sent yet (domain F3). */
import { failureTypeOf, type GateVerdict, type Risk, type Text } from '../../../workflows/contracts';
import { sampleAgents } from '../../agent-sampling';
import type { ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { text } from '../../remedy';
import { verdict } from './gates';

/** A running agent that is further behind loses samples when its remote write is edited. In milliseconds; times the time factor. */
const LAG_LIMIT_MS = 30_000;
/** A batch waits up to 5 s, a scrape comes every few: below this an agent is not behind at all, whatever the time factor. */
const LEAST_LAG_LIMIT_MS = 10_000;
/** Between two looks at the agent, for the rate at which it scrapes; in milliseconds. The practice cluster’s counters grow smoothly. */
const RATE_WINDOW_MS = 2_000;
const PRACTICE_WINDOW_MS = 100;

export interface UnsentSamples {
  risk: Risk;
  gate: GateVerdict;
  expectedLoss?: Text;
}

export function lagLimitSeconds({ config }: Pick<ClusterAccess, 'config'>): number {
  return Math.max(LEAST_LAG_LIMIT_MS, LAG_LIMIT_MS * config.timeFactor) / 1000;
}

/**
 * What editing `remoteWrite` or `externalLabels` costs now. An agent that keeps nothing back (it delivers, or everything
 * is rejected and dropped) loses nothing; one that lags loses what it has not sent; one that runs and cannot be read is
 * taken to lag; one that does not run has nothing left to protect.
 */
export async function judgeUnsentSamples(access: ClusterAccess, agent: Target): Promise<UnsentSamples> {
  const limit = lagLimitSeconds(access);
  const sampled = await sampleAgents(access, agent, access.config.practice ? PRACTICE_WINDOW_MS : RATE_WINDOW_MS).catch((error: unknown) => {
    // That it cannot be read is an answer here, and the grave one; what is no failure of asking is not.
    if (failureTypeOf(error) === undefined) throw error;
    return undefined;
  });
  if (sampled && sampled.running.length === 0) {
    return { risk: 'disruptive', gate: verdict('unsentSamples', true, text('No agent runs: there is nothing left to protect.', '실행 중인 에이전트가 없어 보호할 미전송 샘플이 없습니다.')) };
  }
  const lag = sampled?.signals?.lagSeconds ?? null;
  if (lag !== null && lag <= limit) {
    return { risk: 'disruptive', gate: verdict('unsentSamples', true, text(`The agent is ${Math.round(lag)} s behind, at most ${Math.round(limit)} s are allowed: nothing is kept back that could be lost.`, `에이전트 지연 ${Math.round(lag)}초(허용 ${Math.round(limit)}초): 잃을 미전송 샘플이 없습니다.`)) };
  }
  const expectedLoss = lossOf(lag, sampled?.signals?.appendedPerSecond ?? null);
  return { risk: 'destructive', expectedLoss, gate: verdict('unsentSamples', true, text(`Proceeding with known loss: ${expectedLoss.en}`, `손실을 감수하고 진행: ${expectedLoss.ko}`)) };
}

function lossOf(lag: number | null, perSecond: number | null): Text {
  if (lag === null) {
    return text('The agent runs and its lag cannot be read: everything that it has not sent yet is lost, however much that is.', '에이전트가 실행 중이지만 지연을 읽을 수 없습니다. 아직 보내지 않은 샘플은 모두 손실됩니다.');
  }
  const seconds = Math.round(lag);
  if (perSecond === null) return text(`The samples of the last ${seconds} s are lost; how many cannot be read.`, `최근 ${seconds}초의 샘플이 손실됩니다. 개수는 알 수 없습니다.`);
  const samples = Math.round(lag * perSecond);
  return text(
    `About ${samples.toLocaleString('en')} samples are lost: the last ${seconds} s at ${perSecond.toFixed(1)} samples a second, which the agent has not sent and skips when its remote write is changed.`,
    `샘플 약 ${samples.toLocaleString('en')}개가 손실됩니다: 초당 ${perSecond.toFixed(1)}개, 최근 ${seconds}초 분량이며 remote write를 변경하면 에이전트가 건너뜁니다.`,
  );
}

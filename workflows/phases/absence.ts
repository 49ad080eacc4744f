import { TimeoutFailure } from '@temporalio/common';
import type { Evidence, Text } from '../contracts';
import type { Incident } from './incident';

/** In evidence, beside the types of failures: nobody was there who could have asked. */
const WORKER_ABSENT = 'WorkerAbsent';

/** Nobody took the task within its schedule-to-start time-out: the workers of its queue are away. */
export function nobodyTookIt(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if (current instanceof TimeoutFailure) return current.timeoutType === 'SCHEDULE_TO_START';
  }
  return false;
}

/** The missing worker by the name of its queue, which is what one starts it with. */
export function absentWorker(queue: string): string {
  return `no worker takes the tasks of the queue ${queue}`;
}

export function unasked(queue: string): NonNullable<Evidence['error']> {
  return { type: WORKER_ABSENT, message: absentWorker(queue) };
}

/** Whether nothing at all could be asked, because the worker that asks is away; asked in vain, not answered badly. */
export function nobodyAsks({ status: { evidence } }: Pick<Incident, 'status'>): boolean {
  return nobodyAsked(evidence);
}

export function nobodyAsked(evidence: readonly Evidence[]): boolean {
  return evidence.length > 0 && evidence.every(({ error }) => error?.type === WORKER_ABSENT);
}

/** Why a person has it, and what they do first. */
export function handOverOfAbsence({ status: { cluster, publicId }, settings: { queues } }: Incident): Text {
  return {
    en: `${absentWorker(queues.probe)}, so that nothing about ${cluster} could be asked: start that worker, then nightshift resume ${publicId}`,
    ko: `큐 ${queues.probe}의 작업자가 없어 ${cluster}에 대해 아무것도 확인하지 못함: 작업자를 시작한 뒤 nightshift resume ${publicId}`,
  };
}

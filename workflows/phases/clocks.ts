import { condition } from '@temporalio/workflow';
import type { Incident } from './incident';

/** Starts the two clocks. A breach pages and is recorded; it fails nothing. */
export function startClocks(incident: Incident): void {
  for (const clock of ['rootCause', 'recovery'] as const) incident.beside(watch(incident, clock));
}

async function watch(incident: Incident, clock: 'rootCause' | 'recovery'): Promise<void> {
  if (incident.status.clocks[clock].breachedAt) return;
  const over = () => incident.status.clocks[clock].metAt !== undefined || incident.closing || incident.status.leader !== undefined;
  const left = Date.parse(incident.status.clocks[clock].dueAt) - Date.now();
  const inTime = left > 0 ? await condition(over, left) : over();
  if (inTime) return;
  incident.record({ type: 'clockBreached', clock });
  const { title } = incident.status;
  incident.page('overdue', clock === 'rootCause'
    ? { en: `No root cause within the target: ${title.en}`, ko: `목표 시간 안에 근본 원인을 찾지 못함: ${title.ko}` }
    : { en: `Not recovered within the target: ${title.en}`, ko: `목표 시간 안에 복구되지 않음: ${title.ko}` });
}

import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { incidentWorkflowId, publicIdOf } from '../../workflows/contracts';
import type { Cell } from './cells';
import { History } from './history';
import { brokenCluster } from './incident';
import type { Lane } from './lane';
import { OnCall } from './on-call';
import type { Interference, PracticeApi } from './practice-api';
import { differences, traceOf, type Trace } from './trace';

export interface CellResult {
  cell: Cell;
  /** The event at the index, or the write, around which was killed. */
  at: string;
  /** How long the history really was when the signal was sent; absent when nothing was killed. */
  lengthAtKill?: number;
  /** How long it was in the end. */
  length: number;
  trace?: Trace;
  seconds: number;
  /** Empty when the incident went as without a kill. */
  faults: string[];
  /** What a reader should know although nothing came of it. */
  notes: string[];
}

/**
 * An undisturbed incident takes half a minute. On top may come a mutation's time-out (20 s), or, where a busy machine
 * brings the worker back late, probes that nobody took (30 s) and another look (15 s). What takes longer has failed.
 */
export const CELL_TIMEOUT_MS = 240_000;

/** Plays one incident on a cluster of its own and kills where the cell says. Never throws: what goes wrong is a fault of the cell. */
export async function playCell(lane: Lane, api: PracticeApi, cell: Cell, expected?: Trace): Promise<CellResult> {
  const began = Date.now();
  const history = new History(lane.client, incidentWorkflowId(cell.cluster, 'receive'));
  const result: CellResult = { cell, at: '-', length: 0, seconds: 0, faults: [], notes: [] };
  const deadline = AbortSignal.timeout(CELL_TIMEOUT_MS);
  const ended = new AbortController();
  const signal = AbortSignal.any([deadline, ended.signal]);
  // Every long poll listens to it.
  setMaxListeners(0, signal);
  try {
    await lane.worker.untilReady();
    const deaths = lane.worker.deaths;
    result.trace = await play(lane, api, cell, history, result, signal);
    result.faults = expected ? differences(expected, result.trace) : [];
    const unexpected = lane.worker.deaths - deaths - (cell.victim === 'worker' ? 1 : 0);
    if (unexpected > 0) result.notes.push(`the worker also died by itself (${unexpected})`);
    if (cell.victim && result.lengthAtKill === undefined) result.faults.push('nothing was killed');
  } catch (error) {
    const why = deadline.aborted ? `not over within ${CELL_TIMEOUT_MS / 1000} s: ${await lastWords(lane, cell)}` : error instanceof Error ? error.message : String(error);
    result.faults.push(why);
  } finally {
    ended.abort();
  }
  return { ...result, length: history.length, seconds: (Date.now() - began) / 1000 };
}

async function play(lane: Lane, api: PracticeApi, cell: Cell, history: History, result: CellResult, signal: AbortSignal): Promise<Trace> {
  const { cluster } = cell;
  const kill = async (at: string) => {
    Object.assign(result, { at, lengthAtKill: history.length });
    await (cell.victim === 'worker' ? lane.worker.kill() : lane.killTemporal());
  };
  api.serve(cluster, brokenCluster(path.join(lane.folder, 'clusters', cluster)), interferenceOf(cell, kill));
  const following = history.follow(signal);
  const killing = killAtLength(cell, history, kill, signal);
  const onCall = new OnCall(lane, cluster, () => api.audit(cluster), signal);
  await onCall.fire();
  const publicId = await publicIdIn(lane, cluster, signal);
  await onCall.attend(publicId, history);
  await Promise.all([following, killing]);
  signal.throwIfAborted();
  await lane.worker.untilReady();
  return traceOf(lane, api, cluster, publicId);
}

async function killAtLength(cell: Cell, history: History, kill: (at: string) => Promise<void>, signal: AbortSignal): Promise<void> {
  if (cell.matrix === 'write' || !cell.victim) return;
  await history.untilLength(cell.index, signal);
  if (!signal.aborted) await kill(history.typeOf(Math.min(cell.index, history.length)));
}

/** The n-th write of the incident, on its way in or carried out and not answered. */
function interferenceOf(cell: Cell, kill: (at: string) => Promise<void>): Interference {
  let writes = 0;
  return async (moment, write) => {
    if (moment === 'received') writes += 1;
    if (cell.matrix !== 'write' || cell.moment !== moment || writes !== cell.index) return true;
    await kill(`${moment === 'received' ? 'before' : 'after'} ${write}`);
    // The one who would be answered is dead; where Temporal is, the worker lives and is answered.
    return cell.victim !== 'worker';
  };
}

async function publicIdIn(lane: Lane, cluster: string, signal: AbortSignal): Promise<string> {
  for (; ; await delay(100)) {
    signal.throwIfAborted();
    try {
      const { runId, startTime } = await lane.client.workflow.getHandle(incidentWorkflowId(cluster, 'receive')).describe();
      return publicIdOf(runId, startTime);
    } catch {
      // Temporal is away, or has not answered for the workflow yet; the cell's deadline ends this.
    }
  }
}

/** Where an incident stands that did not end; ended here, so that it does not go on beside the next cell. */
async function lastWords(lane: Lane, { cluster }: Cell): Promise<string> {
  const handle = lane.client.workflow.getHandle(incidentWorkflowId(cluster, 'receive'));
  const words = await lane.ask('GET', `/api/v1/incidents?cluster=${cluster}`).then(({ json }) => JSON.stringify(json).slice(0, 500));
  await handle.terminate('the cell of the kill matrix has timed out').catch(() => undefined);
  return words;
}

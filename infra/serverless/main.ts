/** `npm run serverless`: whole incidents with no worker running when their alert arrives; prints what that costs. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { runCommand } from '../command';
import { Cloud } from './cloud';
import type { Invocation } from './local-function';
import { breakPractice, coldStart, heartbeat, post, seeThrough, STEPS, untilIdle, type Course, type FirstProbe } from './measure';

/** Shorter than in production, so that incidents outlive invocations: seven seconds of each are the worker's farewell. */
const WINDOW_MS = 20_000;
const KEEP_WARM_MS = 2_000;
const IDLE_MS = 30_000;
const DAY_MS = 86_400_000;
/** A start takes some seconds, an incident up to two minutes. */
const MOST = 50;

/** Where invocations are cut off, in turn. */
const CUTS = ['approval', 'verification', 'stability'];

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '10' }, incidents: { type: 'string', default: '3' }, keep: { type: 'boolean', default: false } } });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-serverless-'));
  const cloud = await Cloud.open({ folder, window: WINDOW_MS, keepWarm: KEEP_WARM_MS, say });
  let failed = false;
  try {
    await untilIdle(cloud, WINDOW_MS * 3);
    const starts = await coldStarts(cloud, atLeastOne(values, 'rounds'));
    const { courses, bills } = await incidents(cloud, atLeastOne(values, 'incidents'));
    const idle = await idleInvocations(cloud);
    console.log(report({ ...starts, courses, bills, idle }));
    failed = courses.some(({ outcome }) => outcome !== 'recovered') || idle.running > 0;
  } catch (error) {
    say(`See ${folder}.`);
    throw error;
  } finally {
    await cloud.close();
    if (!values.keep && !failed) rmSync(folder, { recursive: true, force: true });
  }
  if (failed) process.exitCode = 1;
}

function say(text: string): void {
  console.error(text);
}

function atLeastOne(values: Readonly<Record<'rounds' | 'incidents', string>>, name: 'rounds' | 'incidents'): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1 || number > MOST) throw new Error(`--${name} ${values[name]}: it must be a whole number from 1 to ${MOST}.`);
  return number;
}

interface Starts {
  warm: FirstProbe[];
  cold: FirstProbe[];
}

/** The two in turn, so that a busy moment of the machine meets both. */
async function coldStarts(cloud: Cloud, rounds: number): Promise<Starts> {
  const starts: Starts = { warm: [], cold: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const gateway of ['warm', 'cold'] as const) {
      const first = await coldStart(cloud, gateway);
      starts[gateway].push(first);
      say(`cold start ${round}, gateway ${gateway}: ${Math.round(first.total)} ms (${first.steps.map(Math.round).join(' + ')}), load ${loadNow()}`);
    }
  }
  return starts;
}

function loadNow(): string {
  return os.loadavg()[0]!.toFixed(1);
}

async function incidents(cloud: Cloud, rounds: number): Promise<{ courses: Course[]; bills: Invocation[][] }> {
  const courses: Course[] = [];
  const bills: Invocation[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await untilIdle(cloud, WINDOW_MS * 3);
    const before = cloud.worker.invocations.length;
    courses.push(await seeThrough(cloud, await breakPractice(cloud), round === 1 ? CUTS : []));
    await untilIdle(cloud, WINDOW_MS * 3);
    bills.push(cloud.worker.invocations.slice(before));
    say(`incident ${round}: ${courses.at(-1)!.outcome}, ${bills.at(-1)!.length} invocations, ${courses.at(-1)!.cutOffs} cut off`);
  }
  return { courses, bills };
}

interface Idle {
  /** With nothing open and the heartbeats coming. */
  perDay: number;
  /** What is due by the clock. */
  scheduledPerDay: number;
  running: number;
}

/** Nothing is open; Watchdog's heartbeats arrive as they always do, and call nobody. */
async function idleInvocations(cloud: Cloud): Promise<Idle> {
  const before = cloud.worker.invocations.length;
  for (const end = Date.now() + IDLE_MS; Date.now() < end; await delay(IDLE_MS / 5)) await post(cloud, heartbeat(), 'firing');
  return { scheduledPerDay: await scheduledPerDay(cloud), perDay: ((cloud.worker.invocations.length - before) * DAY_MS) / IDLE_MS, running: cloud.worker.running };
}

/** From the next times of each schedule, so that nobody has to wait a day. */
async function scheduledPerDay(cloud: Cloud): Promise<number> {
  let perDay = 0;
  for await (const { scheduleId } of cloud.client.schedule.list()) {
    const [next, following] = (await cloud.client.schedule.getHandle(scheduleId).describe()).info.nextActionTimes;
    if (next && following) perDay += DAY_MS / (following.getTime() - next.getTime());
  }
  return perDay;
}

function report({ warm, cold, courses, bills, idle }: Starts & { courses: Course[]; bills: Invocation[][]; idle: Idle }): string {
  const table = new Table({ head: ['what', 'median', 'least', 'most'], style: { head: [], border: [] } });
  const row = (what: string, values: number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    table.push([what, ...[sorted[Math.floor(sorted.length / 2)]!, sorted[0]!, sorted.at(-1)!].map((value) => Math.round(value))]);
  };
  const start = (what: string, firsts: FirstProbe[]) => {
    row(`${what}: alert → first probe, ms`, firsts.map(({ total }) => total));
    STEPS.forEach((step, index) => row(`  … ${step}`, firsts.map(({ steps }) => steps[index]!)));
  };
  start('no worker, gateway warm', warm);
  start('nothing running', cold);
  row('alert → recovered, decided at once, ms', courses.map(({ recoveredMs }) => recoveredMs));
  row('invocations of the worker per incident', bills.map(({ length }) => length));
  row('billed per incident, ms', bills.map((bill) => bill.reduce((sum, { billedMs = 0 }) => sum + billedMs, 0)));
  row('events in the history', courses.map(({ events }) => events));
  const cut = bills.flat().filter(({ end }) => end === 'killed').length;
  return [
    table.toString(),
    `${courses.filter(({ outcome }) => outcome === 'recovered').length} of ${courses.length} incidents recovered; ${cut} invocations were cut off by SIGKILL in the middle.`,
    `Idle: ${idle.perDay} invocations a day with a heartbeat every ${IDLE_MS / 5000} s, ${idle.running} processes left; ${idle.scheduledPerDay.toFixed(2)} a day by schedules. A long-lived worker is billed ${DAY_MS} ms a day.`,
    `One invocation lasts ${WINDOW_MS / 1000} s here; an instance that is idle ends after ${KEEP_WARM_MS / 1000} s.`,
  ].join('\n');
}

runCommand(main);

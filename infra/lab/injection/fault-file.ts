import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PART_NAMES } from '../parts';
import { labSource } from '../paths';
import { answer } from './answer';
import { COMPONENTS } from './components';

const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGCONT'] as const;
const podState = z.enum(['any', 'ready', 'notReady', 'crashLooping', 'oomKilled']);
/** Which pods: those that an earlier `select` named, or all with a label. */
const podSet = { namespace: z.string().default('monitoring'), pods: z.string().optional(), labels: z.string().optional() };

/** What faults are made of. Each acts as a person could: through kubectl, a file in a pod's volume, or a signal. */
const operation = z.union([
  z.strictObject({ kubectl: z.strictObject({ args: z.array(z.string()).min(1), input: z.string().optional() }) }),
  z.strictObject({ select: z.strictObject({ as: z.string(), namespace: z.string().default('monitoring'), labels: z.string(), state: podState.default('any'), count: z.int().positive().optional() }) }),
  z.strictObject({ truncateVolumeFile: z.strictObject({ ...podSet, volume: z.string(), file: z.string(), keep: z.number().min(0).max(1) }) }),
  z.strictObject({ signal: z.strictObject({ ...podSet, container: z.string(), signal: z.enum(SIGNALS) }) }),
  z.strictObject({ signalComponent: z.strictObject({ component: z.enum(COMPONENTS), signal: z.enum(SIGNALS) }) }),
  z.strictObject({ delete: z.strictObject(podSet) }),
  z.strictObject({ evict: z.strictObject(podSet) }),
  z.strictObject({ replaceInConfigMap: z.strictObject({ namespace: z.string().default('monitoring'), name: z.string(), key: z.string(), from: z.string(), to: z.string() }) }),
  z.strictObject({ replaceInSecret: z.strictObject({ namespace: z.string().default('monitoring'), name: z.string(), key: z.string(), from: z.string(), to: z.string() }) }),
  z.strictObject({ fillVolume: z.strictObject({ ...podSet, volume: z.string(), file: z.string().default('filler'), percent: z.number().positive().max(100) }) }),
  z.strictObject({ exhaustInodes: z.strictObject({ ...podSet, volume: z.string(), folder: z.string().default('filler-inodes') }) }),
  z.strictObject({ damageVolumeFiles: z.strictObject({ ...podSet, volume: z.string(), glob: z.string(), which: z.enum(['all', 'first', 'last']).default('all'), as: z.enum(['empty', 'garbage']), from: z.number().min(0).max(1).default(0) }) }),
  z.strictObject({ removeVolumeFiles: z.strictObject({ ...podSet, volume: z.string(), glob: z.string() }) }),
  z.strictObject({ setMemoryLimit: z.strictObject({ ...podSet, container: z.string(), limit: z.string(), request: z.string().optional() }) }),
  z.strictObject({ startLoad: z.strictObject({ namespace: z.string().default('monitoring'), name: z.string(), metric: z.string().default('load_requests_total'), series: z.int().positive(), perRequest: z.int().positive().default(2_000), seconds: z.int().positive().max(600) }) }),
  z.strictObject({ awaitLog: z.strictObject({ ...podSet, container: z.string(), contains: z.string(), seconds: z.number().positive().default(60) }) }),
  z.strictObject({ awaitPods: z.strictObject({ ...podSet, state: podState, count: z.int().positive().optional(), seconds: z.number().positive().default(60) }) }),
  z.strictObject({ awaitVolumeFile: z.strictObject({ ...podSet, volume: z.string(), file: z.string(), contains: z.string(), seconds: z.number().positive().default(30) }) }),
]);

/** A list of operations, as faults and drills hold them. */
export const operations = z.array(operation);

const faultFile = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string(),
  /** What a person who looks at the lab now would find. */
  effect: z.string(),
  /** Parts that the lab must have for it. */
  needs: z.array(z.enum(PART_NAMES)).default([]),
  answer: answer.optional(),
  inject: operations.min(1),
  heal: operations.min(1),
});

export type Operation = z.infer<typeof operation>;
export type PodState = z.infer<typeof podState>;
export type Fault = z.infer<typeof faultFile>;

/** Parses one fault. @throws naming the file and every field that is wrong */
export function parseFault(content: string, file: string): Fault {
  const result = faultFile.safeParse(parse(content));
  if (!result.success) throw new Error(`${file} is not a fault:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** All faults that the lab knows, by ID. */
export function loadFaults(folder: string = labSource('faults')): Fault[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => parseFault(readFileSync(path.join(folder, name), 'utf8'), name));
}

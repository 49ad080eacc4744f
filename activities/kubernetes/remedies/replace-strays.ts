import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { GateVerdict } from '../../../workflows/contracts';
import { portOf, type ClusterAccess } from '../../cluster-access';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { READS_WORKLOAD, type PodView } from '../../workload';
import { judgeRing, readHashring, type HashringConfig } from '../hashring-config';
import { verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';
import { rollingGates, rollingRadius, rollingSteps } from './rolling';

/** These two roles and no others: what is replaced is judged by this very ring. */
const RING_ROLE = 'hashring';
const RECEIVER_ROLE = 'receiver';

const INPUT = z.strictObject({
  target: z.literal(RING_ROLE).default(RING_ROLE).describe('Role of the ConfigMap that holds the hashring.'),
  receiver: z.literal(RECEIVER_ROLE).default(RECEIVER_ROLE).describe('Role of the receivers that read it.'),
});

/** The node brings a changed ConfigMap within two minutes, and a receiver looks at its file every five (domain 4.7). In milliseconds, times the time factor. */
const SETTLED_MS = 7 * 60_000;

interface Member {
  pod: PodView;
  /** It goes by the file that the ConfigMap holds; undefined where it does not say. */
  current: boolean | undefined;
  changedAt: number | undefined;
}

/**
 * Action A1 for a ring that does not reach everybody: receivers that go by another file than the ConfigMap's are replaced,
 * one after the other, so that they read it anew. Only a file that a receiver is proven to run with, and never one that
 * may still be on its way.
 */
export const replaceStrays: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.replaceStrays',
  title: 'Replaces the receivers that go by another ring than their ConfigMap’s, one after the other',
  input: INPUT,
  rbac: [
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['configmaps'], verbs: ['get'], names: [RING_ROLE] },
    { apiGroup: '', resources: ['services'], verbs: ['get'], names: 'any' },
    { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] },
    { apiGroup: '', resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroup: '', resources: ['pods'], verbs: ['get', 'list'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target, receiver }) => [target, receiver],

  async plan(access, input): Promise<DraftResult> {
    const config = await readHashring(access, input.target, input.receiver);
    const members = await membersOf(access, config);
    const strays = members.filter(({ current }) => current === false).map(({ pod }) => pod);
    if (strays.length === 0) return { kind: 'unneeded', reason: text('Every receiver that says which ring it goes by goes by the ConfigMap’s.', '해시링을 확인할 수 있는 리시버는 모두 ConfigMap의 해시링을 사용합니다.') };
    const gates = await ringGates(access, config, members);
    const refused = gates.find(({ passed }) => !passed);
    if (refused) return { kind: 'refused', gates, reason: refused.reason };
    return {
      kind: 'draft',
      steps: rollingSteps(strays, config.receiver.namespace),
      inverse: [],
      ifNothingIsDone: text('Receivers go on disagreeing about who holds which series: writes fail, or have too few copies.', '리시버마다 시계열의 담당이 달라 쓰기가 실패하거나 사본이 부족한 상태가 계속됩니다.'),
    };
  },

  async judge(access, { steps, executing }, allowed): Promise<Judgement> {
    const odd = steps.find(({ action }) => action !== 'evict');
    if (odd) throw foreignStep(replaceStrays.use, odd, 'it only evicts pods');
    const receiver = allowed.get(RECEIVER_ROLE);
    const { role, workload } = await workloadOfSteps(access, replaceStrays.use, steps, new Map(receiver ? [[RECEIVER_ROLE, receiver]] : []));
    const config = await readHashring(access, RING_ROLE, RECEIVER_ROLE);
    const members = await membersOf(access, config);
    const going = (executing ? [executing] : steps).map((step) => podOf(step, workload)?.name);
    const spared = members.filter(({ pod, current }) => current !== false && going.includes(pod.name)).map(({ pod }) => pod.name);
    return {
      risk: 'disruptive',
      gates: [
        verdict('onlyStrays', spared.length === 0, spared.length === 0
          ? text('Every receiver that is replaced goes by another ring than the ConfigMap’s.', '교체되는 리시버는 모두 ConfigMap과 다른 해시링을 사용합니다.')
          : text(`${spared.join(', ')} goes by the ConfigMap’s ring, or does not say: it is not replaced. The evidence is stale; diagnose again.`, `${spared.join(', ')}은(는) ConfigMap의 해시링을 사용하거나 확인할 수 없으므로 교체하지 않습니다. 다시 진단하십시오.`)),
        ...(await ringGates(access, config, members)),
        ...rollingGates(access, role, workload, steps, executing),
      ],
      blastRadius: rollingRadius(access, role, workload, steps.map(({ object }) => object.name)),
    };
  },
};

/**
 * The number by which Thanos names a file: the first 48 bits of its hash, little endian. SHA-256 in 0.42.4 (measured), MD5 in
 * others (thanos pkg/receive/config.go).
 */
export function ringHash(file: string, algorithm: 'sha256' | 'md5' = 'sha256'): number {
  return createHash(algorithm).update(file).digest().readUIntLE(0, 6);
}

async function membersOf(access: ClusterAccess, { receiver, workload, text: file }: HashringConfig): Promise<Member[]> {
  const port = portOf(receiver, 'metrics');
  const wanted = file === undefined ? undefined : [ringHash(file), ringHash(file, 'md5')];
  return Promise.all(workload.pods.filter(({ running, state }) => running && state !== 'terminating').map(async (pod) => {
    // One that does not answer has not said that it is a stray, and is left alone.
    const samples = await access.metrics.scrape({ namespace: receiver.namespace, name: pod.name, port }).catch(() => []);
    const only = (name: string) => samples.find((sample) => sample.name === name)?.value;
    const hash = only('thanos_receive_config_hash');
    const reloaded = only('thanos_receive_config_last_reload_success_timestamp_seconds');
    return { pod, current: hash === undefined || wanted === undefined ? undefined : wanted.includes(hash), changedAt: reloaded === undefined ? undefined : reloaded * 1_000 };
  }));
}

/** What a receiver would read at its start must be sound, proven, and no news that may still reach the others by itself. */
async function ringGates(access: ClusterAccess, config: HashringConfig, members: readonly Member[]): Promise<GateVerdict[]> {
  const current = members.filter((member) => member.current);
  const fault = await faultOf(access, config);
  const newest = Math.max(0, ...current.map(({ changedAt }) => changedAt ?? 0));
  const wait = Math.ceil((newest + SETTLED_MS * access.config.timeFactor - access.clock.now().getTime()) / 1_000);
  return [
    verdict('hashring', fault === undefined, fault === undefined
      ? text('The ConfigMap’s ring passes the pre-flight and is as desired.', 'ConfigMap의 해시링이 사전 점검을 통과하며 원하는 상태와 같습니다.')
      : text(`No receiver is made to read the ConfigMap’s ring: it ${fault.en}. Restore it first.`, `ConfigMap의 해시링을 읽게 하지 않습니다: ${fault.ko}. 먼저 복원하십시오.`)),
    verdict('proven', current.length > 0, current.length > 0
      ? text(`${current.map(({ pod }) => pod.name).join(', ')} runs with it already.`, `${current.map(({ pod }) => pod.name).join(', ')}이(가) 이미 이 해시링으로 동작 중입니다.`)
      : text('No receiver runs with the ConfigMap’s ring, so nothing shows that one would.', 'ConfigMap의 해시링으로 동작하는 리시버가 없어 정상 동작을 확인할 수 없습니다.')),
    verdict('settled', wait <= 0, wait <= 0
      ? text('The last receiver took it up long enough ago: it does not reach the others by itself.', '마지막 반영 후 충분한 시간이 지나, 나머지에는 저절로 반영되지 않습니다.')
      : text(`A receiver took it up moments ago; the others may do so by themselves within ${wait} s.`, `방금 반영한 리시버가 있으며, 나머지도 ${wait}초 안에 저절로 반영될 수 있습니다.`)),
  ];
}

async function faultOf(access: ClusterAccess, config: HashringConfig): Promise<{ en: string; ko: string } | undefined> {
  const { text: file, desired } = config;
  if (file === undefined) return { en: 'is not there', ko: '파일이 없음' };
  if (desired && desired.text !== file) return { en: `is not what ${desired.source} says`, ko: '원하는 상태와 다름' };
  const judged = await judgeRing(access, config, file);
  if ('problem' in judged) return judged.problem;
  const [problem] = judged.problems;
  if (problem) return problem;
  return judged.absent.length > 0 ? { en: `names receivers that do not exist (${judged.absent.slice(0, 3).join(', ')})`, ko: `없는 리시버가 있음(${judged.absent.slice(0, 3).join(', ')})` } : undefined;
}

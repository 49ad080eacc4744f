/** Gates: rules that protect data and quorum. No runbook and no policy switches them off. */
import type { BlastRadius, GateVerdict, Text } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import { text } from '../../remedy';
import { readyNeeded } from '../../quorum';
import type { Workload } from '../../workload';
import type { KubernetesObject } from '../gateway';

export interface QuorumChange {
  members: number;
  readyBefore: number;
  /** At the worst moment of the change. */
  readyDuring: number;
}

/**
 * Judges the change, not the state: the number of ready members may not fall below what a write quorum needs, nor below
 * its present number when that is lower already. A change that takes no ready member away always passes.
 */
export function quorumGate({ config }: Pick<ClusterAccess, 'config'>, { members, readyBefore, readyDuring }: QuorumChange): GateVerdict {
  const needed = readyNeeded(members, config.replicationFactor);
  const passed = readyDuring >= Math.min(needed, readyBefore);
  const numbers = `${readyBefore} of ${members} ready now, ${readyDuring} at the worst moment, ${needed} needed`;
  return {
    gate: 'quorum',
    passed,
    reason: passed
      ? text(`No receiver that takes writes is lost below the quorum: ${numbers}.`, `쓰기 쿼럼이 유지됩니다: 전체 ${members}개 중 현재 준비 ${readyBefore}개, 최저 ${readyDuring}개, 필요 ${needed}개.`)
      : text(`It would take the receivers below their write quorum: ${numbers}. Repair the members that are not ready first.`, `쓰기 쿼럼이 깨집니다: 전체 ${members}개 중 현재 준비 ${readyBefore}개, 최저 ${readyDuring}개, 필요 ${needed}개. 준비되지 않은 멤버를 먼저 복구하십시오.`),
  };
}

/** New pods must get a template that is known to work: one that a ready pod has. */
export function templateGate(workload: Workload): GateVerdict {
  const healthy = new Set(workload.pods.filter((pod) => pod.ready).map((pod) => pod.revision));
  const { updateRevision } = workload;
  if (healthy.size === 0) {
    return { gate: 'templateRevision', passed: true, reason: text('No pod is ready, so nothing shows whether the template itself is good: if new pods fail as well, it is not.', '준비된 파드가 없어 템플릿이 정상인지 비교할 수 없습니다. 새 파드도 실패하면 템플릿이 원인입니다.') };
  }
  const passed = updateRevision === undefined || healthy.has(updateRevision);
  return {
    gate: 'templateRevision',
    passed,
    reason: passed
      ? text(`New pods get the template that ready pods have (${updateRevision ?? 'the only one'}).`, `새 파드는 준비된 파드와 같은 템플릿(${updateRevision ?? '유일한 템플릿'})을 사용합니다.`)
      : text(`New pods would get the template ${updateRevision}, which no ready pod has: evicting alone would bring back the same failure. Restore the template first.`, `새 파드는 준비된 파드가 쓰지 않는 템플릿 ${updateRevision}(으)로 만들어져 같은 실패가 반복됩니다. 템플릿을 먼저 되돌리십시오.`),
  };
}

/** What an operator owns is changed through its custom resource; the operator would revert anything else (domain F9). */
export function ownerGate(object: KubernetesObject): GateVerdict {
  const owners = (object.metadata['ownerReferences'] ?? []) as Array<{ kind: string; name: string; controller?: boolean }>;
  const owner = owners.find(({ controller }) => controller);
  const operator = (object.metadata['labels'] as Record<string, string> | undefined)?.['app.kubernetes.io/managed-by'] === 'prometheus-operator';
  const name = `${object.kind} ${object.metadata.name}`;
  if (owner || operator) {
    const by = owner ? `${owner.kind} ${owner.name}` : 'the Prometheus operator';
    return { gate: 'owner', passed: false, reason: text(`${name} is owned by ${by}, which would revert the change: change that instead.`, `${name}은(는) ${by}이(가) 관리하므로 변경이 되돌려집니다. 해당 리소스를 변경하십시오.`) };
  }
  return { gate: 'owner', passed: true, reason: text(`No operator owns ${name}.`, `${name}을(를) 관리하는 오퍼레이터가 없습니다.`) };
}

export function verdict(gate: string, passed: boolean, reason: Text): GateVerdict {
  return { gate, passed, reason };
}

/** The blast radius of a change that removes pods none of which is ready. */
export function podsRadius(access: ClusterAccess, role: string, workload: Workload, pods: string[]): BlastRadius {
  const ready = workload.pods.filter((pod) => pod.ready).length;
  const needed = readyNeeded(workload.members, access.config.replicationFactor);
  return {
    pods,
    ...(role === 'receiver' && { quorum: { readyBefore: ready, readyDuring: ready, needed, members: workload.members } }),
    text: text(
      `${pods.length} of ${workload.members} pods of ${workload.object.metadata.name}, none of them ready (${pods.join(', ') || 'none left'}); ready ones (${ready}) are not touched.`,
      `${workload.object.metadata.name} 파드 ${workload.members}개 중 준비되지 않은 ${pods.length}개(${pods.join(', ') || '남은 것 없음'}). 준비된 ${ready}개는 건드리지 않습니다.`,
    ),
  };
}

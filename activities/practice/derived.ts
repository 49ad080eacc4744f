import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { derivedUid, shortHash } from './identity';
import { at, isReady, labelsOf, listAt, numberAt, ownerUid, selects, textsAt } from './objects';
import { PRACTICE_NODE, visiblePods } from './pods';
import type { PracticeState } from './state';

/** The one machine that everything runs on. */
const NODE: KubernetesObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: PRACTICE_NODE, namespace: '' }, status: { allocatable: { cpu: '4', memory: '16Gi' }, conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] } };

/** All objects as the API shows them now: what controllers derive (status, EndpointSlices) is computed, never kept. */
export function visibleObjects(state: PracticeState, now: Date): KubernetesObject[] {
  const pods = visiblePods(state, now);
  const kept = state.objects.filter(({ kind }) => kind !== 'Pod').map((object) => withStatus(object, pods, state));
  const slices = kept.filter(({ kind }) => kind === 'Service').flatMap((service) => endpointSlice(service, pods, state));
  return [...kept, ...pods, ...slices, NODE];
}

function withStatus(object: KubernetesObject, pods: readonly KubernetesObject[], state: PracticeState): KubernetesObject {
  if (object.kind === 'StatefulSet') return { ...object, status: statefulStatus(object, pods) };
  if (object.kind === 'Deployment' || object.kind === 'ReplicaSet') return { ...object, status: replicaStatus(object, pods) };
  if (object.kind === 'DaemonSet') return { ...object, status: daemonStatus(object, pods) };
  if (object.kind === 'PodDisruptionBudget') return { ...object, status: budgetStatus(object, pods, state) };
  return object;
}

function statefulStatus(set: KubernetesObject, pods: readonly KubernetesObject[]): JsonObject {
  const own = pods.filter((pod) => ownerUid(pod) === set.metadata.uid);
  const updateRevision = at(set, 'status', 'updateRevision') ?? '';
  const updated = own.filter((pod) => labelsOf(pod)['controller-revision-hash'] === updateRevision).length;
  const replicas = numberAt(set, 'spec', 'replicas');
  const currentRevision = updated === replicas ? updateRevision : (at(set, 'status', 'currentRevision') ?? '');
  const current = own.filter((pod) => labelsOf(pod)['controller-revision-hash'] === currentRevision).length;
  return { ...(set['status'] as JsonObject), ...counts(set, own), currentRevision, updateRevision, updatedReplicas: updated, currentReplicas: current };
}

function replicaStatus(set: KubernetesObject, pods: readonly KubernetesObject[]): JsonObject {
  const selector = textsAt(set, 'spec', 'selector', 'matchLabels');
  const own = pods.filter((pod) => selects(selector, labelsOf(pod)));
  const available = own.filter(isReady).length > 0;
  const conditions = set.kind === 'Deployment' ? [{ type: 'Available', status: available ? 'True' : 'False' }, { type: 'Progressing', status: 'True', reason: available ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' }] : [];
  return { ...counts(set, own), updatedReplicas: own.length, ...(conditions.length > 0 && { conditions }) };
}

/** One node, so one pod. */
function daemonStatus(set: KubernetesObject, pods: readonly KubernetesObject[]): JsonObject {
  const own = pods.filter((pod) => ownerUid(pod) === set.metadata.uid);
  const ready = own.filter(isReady).length;
  return { observedGeneration: numberAt(set, 'metadata', 'generation'), desiredNumberScheduled: 1, currentNumberScheduled: own.length, numberReady: ready, updatedNumberScheduled: own.length };
}

function counts(set: KubernetesObject, own: readonly KubernetesObject[]): JsonObject {
  const ready = own.filter(isReady).length;
  return { observedGeneration: numberAt(set, 'metadata', 'generation'), replicas: own.length, readyReplicas: ready, availableReplicas: ready };
}

/** How many pods there should be is the business of their controllers: one that is missing is a disruption, too. */
function budgetStatus(budget: KubernetesObject, pods: readonly KubernetesObject[], state: PracticeState): JsonObject {
  const selector = textsAt(budget, 'spec', 'selector', 'matchLabels');
  const controllers = state.objects.filter((object) => ['StatefulSet', 'ReplicaSet'].includes(object.kind) && selects(selector, textsAt(object, 'spec', 'template', 'metadata', 'labels')));
  const expectedPods = controllers.reduce((total, controller) => total + numberAt(controller, 'spec', 'replicas'), 0);
  const currentHealthy = pods.filter((pod) => selects(selector, labelsOf(pod)) && isReady(pod)).length;
  const minimum = at(budget, 'spec', 'minAvailable');
  const desiredHealthy = typeof minimum === 'number' ? minimum : expectedPods - numberAt(budget, 'spec', 'maxUnavailable');
  return { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed: Math.max(0, currentHealthy - desiredHealthy) };
}

function endpointSlice(service: KubernetesObject, pods: readonly KubernetesObject[], state: PracticeState): KubernetesObject[] {
  const selector = textsAt(service, 'spec', 'selector');
  if (Object.keys(selector).length === 0) return [];
  const { name, namespace = '', uid = '' } = service.metadata;
  const backends = pods.filter((pod) => pod.metadata.namespace === namespace && selects(selector, labelsOf(pod)) && typeof at(pod, 'status', 'podIP') === 'string');
  return [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${shortHash(uid).slice(0, 5)}`,
        namespace,
        uid: derivedUid(uid, 'endpoints'),
        resourceVersion: String(state.counter),
        labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4',
      ports: listAt(service, 'spec', 'ports').map((port) => ({ name: port['name'] ?? '', port: targetPort(port, backends[0]), protocol: 'TCP' })),
      endpoints: backends.map(endpoint),
    },
  ];
}

function endpoint(pod: KubernetesObject): JsonObject {
  const ready = isReady(pod);
  return {
    addresses: [at(pod, 'status', 'podIP') as string],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: at(pod, 'spec', 'nodeName') ?? '',
    targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace ?? '', uid: pod.metadata.uid ?? '' },
  };
}

/** A Service's target port may be the name of a container's port. */
function targetPort(port: JsonObject, pod: KubernetesObject | undefined): number {
  const target = port['targetPort'] ?? port['port'];
  if (typeof target === 'number') return target;
  const named = listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'ports')).find((candidate) => candidate['name'] === target);
  return numberAt(named, 'containerPort') || numberAt(port, 'port');
}

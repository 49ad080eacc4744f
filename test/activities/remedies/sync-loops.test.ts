import { revertWarnings, syncToolOf } from '../../../activities/kubernetes/sync-loops';
import type { ClusterAccess } from '../../../activities/cluster-access';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { JsonObject, PlannedStep } from '../../../workflows/contracts';
import { FakeKubernetes } from '../../support/fake-kubernetes';

const reason = { en: 'x', ko: 'x' };
const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' };
const receive = (metadata: JsonObject = {}): KubernetesObject => (({ ...object, metadata: { name: 'thanos-receive', namespace: 'monitoring', ...metadata }, spec: { replicas: 3, template: { spec: { containers: [{ name: 'sidecar' }, { name: 'thanos-receive', image: 'x:1' }] } } } }));
const patch = (path: string, old: string | number, to: string | number): PlannedStep => ({ id: 's', action: 'patch', object, reason, changes: [{ path, old, new: to }] });
const IMAGE = patch('/spec/template/spec/containers/1/image', 'x:1', 'x:2');

function access(live: KubernetesObject, inGit?: ClusterAccess['inGit']): ClusterAccess {
  const kubernetes = new FakeKubernetes();
  kubernetes.objects = [live];
  return { kubernetes, ...(inGit && { inGit }) } as unknown as ClusterAccess;
}

const ARGO = receive({ annotations: { 'argocd.argoproj.io/tracking-id': 'pipeline:apps/StatefulSet:monitoring/thanos-receive' } });
const inGit = (image: string) => async () => ({ manifest: { spec: { template: { spec: { containers: [{ name: 'thanos-receive', image }] } } } }, where: 'overlay/kustomization.yaml' });

test.each<[what: string, metadata: JsonObject, tool: string | undefined]>([
  ['Argo CD’s tracking annotation', { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }, 'argocd'],
  ['Argo CD’s label', { labels: { 'argocd.argoproj.io/instance': 'x' } }, 'argocd'],
  ['Argo CD’s field manager', { managedFields: [{ manager: 'argocd-controller' }] }, 'argocd'],
  ['Flux’s label', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }, 'flux'],
  ['Flux’s field manager', { managedFields: [{ manager: 'kustomize-controller' }] }, 'flux'],
  ['Flux, told to leave it', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' }, annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } }, undefined],
  ['a label that Helm sets as well', { labels: { 'app.kubernetes.io/instance': 'x' } }, undefined],
])('%s', (_, metadata, tool) => expect(syncToolOf(receive(metadata))).toBe(tool));

test('Git says otherwise: who will undo it, and what Git would have to say', async () => {
  const [warning, ...others] = await revertWarnings(access(ARGO, inGit('x:1')), [IMAGE]);
  expect(others).toEqual([]);
  expect(warning).toMatchObject({ by: 'argocd', keeps: { object, edits: [{ path: '/spec/template/spec/containers/name=thanos-receive/image', to: 'x:2', from: 'x:1' }] } });
  expect(warning?.text.en).toBe('Argo CD will undo this: overlay/kustomization.yaml says otherwise for /spec/template/spec/containers/name=thanos-receive/image of StatefulSet monitoring/thanos-receive.');
});

test.each<[what: string, live: KubernetesObject, git: ClusterAccess['inGit'], by: string[]]>([
  ['Git agrees: it stays', ARGO, inGit('x:2'), []],
  ['Git says otherwise, and no tool is known: the next apply', receive(), inGit('x:1'), ['git']],
  ['Git is not known, the tool is', ARGO, undefined, ['argocd']],
  ['Git does not answer, the tool is known', ARGO, () => Promise.reject(new Error('away')), ['argocd']],
  ['neither is known', receive(), undefined, []],
])('%s', async (_, live, git, by) => {
  expect((await revertWarnings(access(live, git), [IMAGE])).map((warning) => warning.by)).toEqual(by);
});

test('a mark of a restart is nothing to keep', async () => {
  expect(await revertWarnings(access(ARGO), [patch('/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt', 'a', 'b')])).toEqual([]);
});

/** The object store of the practice cluster: its Secret, which manifests do not hold, because secrets do not belong into a repository. */
import { wanted, type DesiredState } from '../desired-state';
import type { KubernetesObject } from '../kubernetes/gateway';
import { readManifests } from './manifests';
import { sameObject } from './objects';

const NAME = 'thanos-objstore-secret';
const NAMESPACE = 'monitoring';

/** Opens nothing: there is no such store, and these words are no credentials. */
const CONFIGURATION = `type: S3
config:
  bucket: thanos
  endpoint: objstore.${NAMESPACE}.svc.cluster.local:8333
  insecure: true
  access_key: practice
  secret_key: practice
`;

export function objectStoreSecret(): KubernetesObject {
  return {
    apiVersion: 'v1', kind: 'Secret', metadata: { name: NAME, namespace: NAMESPACE }, type: 'Opaque',
    data: { 'objstore.yml': Buffer.from(CONFIGURATION, 'utf8').toString('base64') },
  };
}

/** What the practice cluster was made from: its manifests, and the object store's Secret. */
export function practiceDesiredState(manifests: string): DesiredState {
  return {
    async find(object) {
      const found = readManifests(manifests).find(({ manifest }) => manifest.apiVersion === object.apiVersion && sameObject(manifest, { kind: object.kind, name: object.name, namespace: object.namespace }));
      if (found) return { manifest: wanted(found.manifest, object), source: `manifests directory (${found.file})` };
      if (object.kind !== 'Secret' || object.name !== NAME || object.namespace !== NAMESPACE) return undefined;
      return { manifest: objectStoreSecret(), source: 'the secrets of the practice cluster' };
    },
  };
}

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { ApiClient } from '../api/client';
import type { Reflector } from '../api/reflector';
import type { ConfigMap, Container, KeyToPath, PersistentVolumeClaim, Pod, ProjectedSource, Secret, Volume } from '../api/types';
import type { Disks } from '../storage/disks';
import { writePayload, type Payload } from './atomic-folder';
import { podField } from './container-env';

export interface VolumeSources {
  readonly api: ApiClient;
  readonly configMaps: Reflector<ConfigMap>;
  readonly secrets: Reflector<Secret>;
  readonly disks: Disks;
}

/** What a volume needs is not there (yet); the pod waits for it, as under a kubelet. */
export class VolumeNotReady extends Error {}

interface Reference {
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

/** Tokens are renewed with every volume sync; they live long enough to bridge a stopped node agent. */
const TOKEN_SECONDS = 24 * 3600;

/** The volumes of one pod, folders below the pod's own. */
export class PodVolumes {
  private token: { value: string; expires: number } | undefined;

  constructor(
    private readonly pod: Pod,
    private readonly folder: string,
    private readonly podIp: string,
    private readonly sources: VolumeSources,
  ) {}

  path(name: string): string {
    return path.join(this.folder, name);
  }

  /** Makes the volumes, or brings those that mirror an object up to date. @throws VolumeNotReady */
  async sync(): Promise<void> {
    for (const volume of this.pod.spec.volumes ?? []) {
      if (volume.emptyDir) mkdirSync(this.path(volume.name), { recursive: true });
      else if (volume.persistentVolumeClaim) await this.attach(volume.name, volume.persistentVolumeClaim.claimName);
      else writePayload(this.path(volume.name), await this.payload(volume));
    }
  }

  /** What a container takes from whole objects (`envFrom`), as they are now. @throws VolumeNotReady */
  variables({ envFrom = [] }: Container): Record<string, string> {
    const payloads = envFrom.map(({ configMapRef, secretRef }) => (configMapRef ? this.configMap(configMapRef) : secretRef ? this.secret(secretRef) : new Map<string, Buffer>()));
    return Object.fromEntries(payloads.flatMap((payload) => [...payload].map(([name, content]) => [name, content.toString('utf8')])));
  }

  /** ConfigMaps and Secrets are mounted read-only; an emptyDir is the pod's own, and a claim's volume may be written. */
  isReadOnly(name: string): boolean {
    const volume = this.pod.spec.volumes?.find((known) => known.name === name);
    return volume?.persistentVolumeClaim ? (volume.persistentVolumeClaim.readOnly ?? false) : !volume?.emptyDir;
  }

  /** A link to the claim's file system, which outlives the pod; relative, so that it also leads there from outside the lab's mounts. */
  private async attach(name: string, claimName: string): Promise<void> {
    const link = this.path(name);
    if (existsSync(link)) return;
    const { namespace } = this.pod.metadata;
    const claim = await this.sources.api.get<PersistentVolumeClaim>(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claimName}`);
    const volume = claim.spec.volumeName;
    if (claim.status?.phase !== 'Bound' || !volume) throw new VolumeNotReady(`persistentvolumeclaim "${claimName}" is not bound to a volume`);
    if (!this.sources.disks.isMounted(volume)) throw new VolumeNotReady(`volume "${volume}" of claim "${claimName}" is not mounted on this node`);
    // The pod's start and a change of one of its objects may both have got here, each having found no link before it asked.
    if (existsSync(link)) return;
    mkdirSync(this.folder, { recursive: true });
    // Volumes are looked after on two paths, and the other may have been faster while this one asked.
    if (!existsSync(link)) symlinkSync(path.relative(this.folder, this.sources.disks.path(volume)), link);
  }

  private async payload(volume: Volume): Promise<Payload> {
    const sources: readonly ProjectedSource[] | undefined =
      volume.projected?.sources ?? (volume.configMap && [{ configMap: volume.configMap }]) ?? (volume.secret && [{ secret: { name: volume.secret.secretName, ...volume.secret } }]);
    if (!sources) throw new VolumeNotReady(`volume "${volume.name}" is of a kind that the lab does not know (emptyDir, persistentVolumeClaim, configMap, secret and projected are known)`);
    const payload = new Map<string, Buffer>();
    for (const source of sources) for (const [name, content] of await this.project(source)) payload.set(name, content);
    return payload;
  }

  private async project(source: ProjectedSource): Promise<Payload> {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap) return this.configMap(configMap);
    if (secret) return this.secret(secret);
    if (downwardAPI) return new Map((downwardAPI.items ?? []).map((item) => [item.path, Buffer.from(item.fieldRef ? podField(this.pod, item.fieldRef.fieldPath, this.podIp) : '')]));
    if (serviceAccountToken) return new Map([[serviceAccountToken.path, Buffer.from(await this.serviceAccountToken())]]);
    return new Map();
  }

  private configMap(reference: Reference): Payload {
    return this.pick('configmap', reference, decodeConfigMap(this.sources.configMaps.find(this.pod.metadata.namespace, reference.name)));
  }

  private secret(reference: Reference): Payload {
    return this.pick('secret', reference, decodeSecret(this.sources.secrets.find(this.pod.metadata.namespace, reference.name)));
  }

  private pick(kind: string, reference: Reference, data: Payload | undefined): Payload {
    if (!data) {
      if (reference.optional) return new Map();
      throw new VolumeNotReady(`${kind} "${reference.name}" not found`);
    }
    if (!reference.items) return data;
    return new Map(
      reference.items.map(({ key, path: target }) => {
        const content = data.get(key);
        if (!content) throw new VolumeNotReady(`${kind} "${reference.name}" has no key "${key}"`);
        return [target, content];
      }),
    );
  }

  private async serviceAccountToken(): Promise<string> {
    if (this.token && this.token.expires - Date.now() > (TOKEN_SECONDS * 1_000) / 5) return this.token.value;
    const { namespace, name, uid } = this.pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${this.pod.spec.serviceAccountName ?? 'default'}/token`;
    const spec = { expirationSeconds: TOKEN_SECONDS, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } };
    const answer = await this.sources.api.post<{ status: { token: string } }>(path, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
    this.token = { value: answer.status.token, expires: Date.now() + TOKEN_SECONDS * 1_000 };
    return this.token.value;
  }
}

function decodeConfigMap(object: ConfigMap | undefined): Payload | undefined {
  if (!object) return undefined;
  const text = Object.entries(object.data ?? {}).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]);
  const binary = Object.entries(object.binaryData ?? {}).map(([key, value]): [string, Buffer] => [key, Buffer.from(value, 'base64')]);
  return new Map([...text, ...binary]);
}

function decodeSecret(object: Secret | undefined): Payload | undefined {
  return object && new Map(Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}

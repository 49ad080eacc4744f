import { ApiError, type ApiClient } from '../api/client';
import { quantity } from '../api/quantity';
import { Reflector } from '../api/reflector';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/types';
import type { ObjectEvents } from '../node/events';
import { STORAGE_PROVISIONER } from '../settings';
import type { Disks } from './disks';

/** Set by kube-controller-manager on a claim that it wants us to make a volume for. */
const WANTED_FROM = 'volume.kubernetes.io/storage-provisioner';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** Pause before work that failed, such as on a volume that is still in use, is tried again. */
const RETRY_MS = 1_000;

/**
 * What a storage driver's provisioner, resizer and node plugin do: makes a volume for a claim, grows it when the claim
 * asks for more, and removes it when the claim is gone. Binding and protection are kube-controller-manager's.
 */
export class VolumeProvisioner {
  private readonly claims: Reflector<PersistentVolumeClaim>;
  private readonly volumes: Reflector<PersistentVolume>;
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: ApiClient,
    private readonly disks: Disks,
    private readonly events: ObjectEvents,
  ) {
    this.claims = new Reflector<PersistentVolumeClaim>(api, '/api/v1/persistentvolumeclaims').onChange(({ type, object }) => {
      if (type !== 'deleted') this.later(() => this.claimChanged(object));
    });
    this.volumes = new Reflector<PersistentVolume>(api, '/api/v1/persistentvolumes').onChange(({ type, object }) => {
      if (type !== 'deleted') this.later(() => this.volumeChanged(object));
    });
  }

  async start(): Promise<void> {
    this.volumes.start();
    this.claims.start();
    await Promise.all([this.claims.synced, this.volumes.synced]);
  }

  stop(): void {
    this.claims.stop();
    this.volumes.stop();
  }

  /** One thing at a time, in the order of its becoming known. */
  private later(work: () => Promise<void>): void {
    this.queue = this.queue.then(work).catch((error: Error) => {
      console.log(`volumes: ${error.message}`);
      setTimeout(() => this.later(work), RETRY_MS).unref();
    });
  }

  private async claimChanged(seen: PersistentVolumeClaim): Promise<void> {
    const claim = this.claims.find(seen.metadata.namespace, seen.metadata.name);
    if (!claim || claim.metadata.uid !== seen.metadata.uid || claim.metadata.deletionTimestamp) return;
    if (claim.metadata.annotations?.[WANTED_FROM] !== STORAGE_PROVISIONER) return;
    if (!claim.spec.volumeName) return this.provision(claim);
    if (claim.status?.phase === 'Bound' && requested(claim) > quantity(claim.status.capacity?.storage ?? '0')) await this.grow(claim, claim.spec.volumeName);
  }

  private async provision(claim: PersistentVolumeClaim): Promise<void> {
    const storageClass = await this.api.get<StorageClass>(`/apis/storage.k8s.io/v1/storageclasses/${claim.spec.storageClassName}`);
    const name = `pvc-${claim.metadata.uid}`;
    // Made already, and not bound yet.
    if (this.volumes.find(undefined, name)) return;
    await this.disks.create(name, requested(claim));
    await this.api.post('/api/v1/persistentvolumes', volumeFor(name, claim, storageClass)).catch(ignore(409));
    this.events.post({ kind: 'PersistentVolumeClaim', ...claim }, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
  }

  private async grow(claim: PersistentVolumeClaim, name: string): Promise<void> {
    const volume = this.volumes.find(undefined, name);
    if (volume?.spec.csi?.driver !== STORAGE_PROVISIONER) return;
    const storage = claim.spec.resources.requests.storage;
    await this.disks.grow(name, requested(claim));
    await this.api.patch(`/api/v1/persistentvolumes/${name}`, { spec: { capacity: { storage } } });
    await this.api.patch(`/api/v1/namespaces/${claim.metadata.namespace}/persistentvolumeclaims/${claim.metadata.name}/status`, { metadata: { uid: claim.metadata.uid }, status: { capacity: { storage }, conditions: null } }).catch(ignore(404, 409));
    this.events.post({ kind: 'PersistentVolumeClaim', ...claim }, 'Normal', 'FileSystemResizeSuccessful', `MountVolume.NodeExpandVolume succeeded for volume "${name}"`);
  }

  private async volumeChanged(seen: PersistentVolume): Promise<void> {
    const volume = this.volumes.find(undefined, seen.metadata.name);
    if (volume?.spec.csi?.driver !== STORAGE_PROVISIONER) return;
    const { name } = volume.metadata;
    if (volume.status?.phase !== 'Released' || volume.spec.persistentVolumeReclaimPolicy !== 'Delete') return;
    await this.disks.remove(name);
    await this.api.delete(`/api/v1/persistentvolumes/${name}`).catch(ignore(404));
  }
}

const requested = (claim: PersistentVolumeClaim): number => quantity(claim.spec.resources.requests.storage);

function volumeFor(name: string, claim: PersistentVolumeClaim, storageClass: StorageClass): object {
  const { namespace, name: claimName, uid, resourceVersion } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [PROVISIONED_BY]: STORAGE_PROVISIONER } },
    spec: {
      capacity: { storage: claim.spec.resources.requests.storage },
      accessModes: claim.spec.accessModes,
      volumeMode: 'Filesystem',
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName, uid, resourceVersion },
      csi: { driver: STORAGE_PROVISIONER, volumeHandle: name, fsType: 'xfs' },
    },
  };
}

/** The answers that mean "already so". */
function ignore(...statuses: readonly number[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof ApiError && statuses.includes(error.status))) throw error;
  };
}

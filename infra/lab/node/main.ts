import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ApiClient } from '../api/client';
import { Reflector } from '../api/reflector';
import type { ConfigMap, Pod, Secret } from '../api/types';
import { addressesWith, removeAddress } from '../cluster/addresses';
import { pkiFile } from '../cluster/certificates';
import { clientKubeconfig, labPaths } from '../paths';
import { Disks } from '../storage/disks';
import { VolumeProvisioner } from '../storage/provisioner';
import { KUBELET_PORT, NODE_IP, NODE_NAME, POD_CIDR, STORAGE_PROVISIONER } from '../settings';
import { killLeftovers } from './container-process';
import type { NodeContext } from './context';
import { ControlGroups } from './control-groups';
import { ObjectEvents } from './events';
import { kubeletMetrics } from './kubelet-metrics';
import { kubeletServer, type LogLookup } from './kubelet-server';
import { NodeObject } from './node-object';
import { PodAddresses } from './pod-addresses';
import { PodWorker } from './pod-worker';
import { summaries } from './stats-summary';
import { timings } from './timings';

/** How often ConfigMap and Secret volumes are compared with their objects; the kubelet takes a minute or two. */
const VOLUME_SYNC_MS = 2_000;

/** A kubelet whose containers are processes of this machine. */
async function main([dir, factor]: readonly string[]): Promise<void> {
  const paths = labPaths(dir);
  const podPrefix = POD_CIDR.split('.').slice(0, 3).join('.');
  mkdirSync(paths.pods, { recursive: true });
  console.log(`${killLeftovers(paths.pods)} processes of an earlier node agent ended`);
  for (const ip of await addressesWith(`${podPrefix}.`)) await removeAddress(ip);

  const disks = new Disks(paths.volumes);
  await disks.open();
  const api = new ApiClient(clientKubeconfig(paths, 'node'));
  const node = new NodeObject(api);
  await node.register();
  const configMaps = new Reflector<ConfigMap>(api, '/api/v1/configmaps').start();
  const secrets = new Reflector<Secret>(api, '/api/v1/secrets').start();
  await Promise.all([configMaps.synced, secrets.synced]);
  const provisionerApi = new ApiClient(clientKubeconfig(paths, 'volume-provisioner'));
  const provisioner = new VolumeProvisioner(provisionerApi, disks, new ObjectEvents(provisionerApi, STORAGE_PROVISIONER));
  await provisioner.start();

  const logs = path.join(paths.logs, 'pods');
  const context: NodeContext = { api, events: new ObjectEvents(api), addresses: new PodAddresses(podPrefix), timings: timings(Number(factor)), volumeSources: { api, configMaps, secrets, disks }, controlGroups: ControlGroups.open(paths.controlGroup), pods: paths.pods, logs };
  const workers = new Map<string, PodWorker>();
  const pods = new Reflector<Pod>(api, '/api/v1/pods', `fieldSelector=${encodeURIComponent(`spec.nodeName=${NODE_NAME}`)}`);
  pods.onChange(({ type, object }) => {
    const { uid } = object.metadata;
    if (type === 'deleted') return void workers.get(uid)?.end(0).finally(() => workers.delete(uid));
    const known = workers.get(uid);
    if (known) return known.update(object);
    const ended = object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed';
    if (ended && !object.metadata.deletionTimestamp) return;
    startPod(workers, object, context);
  });
  pods.start();
  await pods.synced;
  removeFoldersOfGonePods(paths.pods, new Set(pods.values().map(({ metadata }) => metadata.uid)));

  const identity = { ca: pkiFile(paths, 'ca.crt'), cert: pkiFile(paths, 'kubelet.crt'), key: pkiFile(paths, 'kubelet.key') };
  const summary = summaries(paths.pods, (uid) => context.controlGroups.usageOf(uid));
  const findLog: LogLookup = (namespace, pod, container, previous) => {
    const uid = pods.find(namespace, pod)?.metadata.uid;
    return uid === undefined ? undefined : workers.get(uid)?.logFile(container, previous);
  };
  const server = kubeletServer(identity, findLog, {
    '/stats/summary': { type: 'application/json', content: () => JSON.stringify(summary(pods.values())) },
    // Prometheus 3 refuses a target that does not say what it sends.
    '/metrics': { type: 'text/plain; version=0.0.4; charset=utf-8', content: () => kubeletMetrics(pods.values(), paths.pods) },
  });
  server.listen(KUBELET_PORT, NODE_IP);

  const sync = setInterval(() => void Promise.all([...workers.values()].map((worker) => worker.syncVolumes())), VOLUME_SYNC_MS);
  const shutdown = async (): Promise<void> => {
    clearInterval(sync);
    node.stop();
    provisioner.stop();
    pods.stop();
    await Promise.all([...workers.values()].map((worker) => worker.kill()));
    process.exit(0);
  };
  process.on('SIGTERM', () => void shutdown());
  console.log(`node ${NODE_NAME} is ready`);
}

function startPod(workers: Map<string, PodWorker>, pod: Pod, context: NodeContext): void {
  const worker = new PodWorker(pod, context);
  workers.set(pod.metadata.uid, worker);
  worker.run().catch((error: Error) => {
    console.log(`pod ${pod.metadata.namespace}/${pod.metadata.name}: ${error.stack}`);
    context.events.post(pod, 'Warning', 'FailedSync', error.message);
  });
  worker.update(pod);
}

function removeFoldersOfGonePods(folder: string, present: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) if (!name.startsWith('.') && !present.has(name)) rmSync(path.join(folder, name), { recursive: true, force: true });
}

process.on('unhandledRejection', (error) => console.log('unhandled rejection', error));
void main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.stack);
  process.exit(1);
});

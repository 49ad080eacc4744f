import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { LabNightshift } from '../../drill/lab-nightshift';
import { captureInLab, runningLab } from '../../lab';
import { binary } from '../../lab/build';
import { processesIn } from '../../lab/namespaces';
import type { LabPaths } from '../../lab/paths';
import { projectRoot } from '../../project';

/** What Temporal scales, of `overlays/on-demand`. */
export const DEPLOYMENT = { namespace: 'nightshift', name: 'nightshift-worker-probe' } as const;
/** Who may scale it there. */
export const CONTROLLER = 'system:serviceaccount:temporal:temporal-worker-controller';
export const TEMPORAL_ADDRESS = 'temporal-frontend.temporal.svc.cluster.local:7233';

/** As the lab's admin. */
export function kubectl(paths: LabPaths, args: readonly string[], input?: string): Promise<string> {
  return captureInLab([binary('kubectl'), '--kubeconfig', paths.adminKubeconfig, ...args], paths, input === undefined ? {} : { input });
}

/** Temporal as a pod. Resolves when it answers. */
export async function startTemporal(paths: LabPaths): Promise<void> {
  await kubectl(paths, ['apply', '-f', path.join(projectRoot(), 'infra', 'serverless', 'kubernetes', 'temporal.yaml')]);
  await kubectl(paths, ['-n', 'temporal', 'rollout', 'status', 'deployment/temporal', '--timeout=120s']);
}

/**
 * `overlays/on-demand` with the image and the configuration of this lab, the permissions that docs/deploying.md describes, and
 * the build made known to Temporal. The gateway runs beside the cluster, at the address that the lab's Alertmanager posts to.
 */
export async function deployWorkers(nightshift: LabNightshift, paths: LabPaths): Promise<void> {
  const account = `${DEPLOYMENT.namespace}/${DEPLOYMENT.name}`;
  await kubectl(paths, ['apply', '-f', '-'], await nightshift.command(['rbac', '--cluster', 'cluster-03', '--service-account', account]));
  await kubectl(paths, ['apply', '-k', await overlay(nightshift)]);
  await nightshift.command(['deploy', 'serverless', 'apply']);
}

/** A folder with a kustomization, as a team would write its own. */
async function overlay(nightshift: LabNightshift): Promise<string> {
  const folder = path.join(nightshift.dataDir, 'overlay');
  mkdirSync(folder);
  const { keys } = JSON.parse(await nightshift.command(['keys', 'list', '--json'])) as { keys: Array<{ keyId: string; publicKey: string }> };
  // Users and address are the gateway's, and their files are not in a pod.
  const { users: _users, http: _http, ...configuration } = parse(readFileSync(nightshift.configFile, 'utf8')) as Record<string, unknown>;
  writeFileSync(path.join(folder, 'nightshift.yaml'), stringify({ ...configuration, trustedKeys: keys.map(({ keyId, publicKey }) => ({ keyId, publicKey })) }));
  const without = (apiVersion: string, kind: string, name: string) => ({ patch: stringify({ $patch: 'delete', apiVersion, kind, metadata: { name, namespace: DEPLOYMENT.namespace } }) });
  writeFileSync(
    path.join(folder, 'kustomization.yaml'),
    stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [path.relative(folder, path.join(projectRoot(), 'infra', 'kubernetes', 'overlays', 'on-demand'))],
      images: [{ name: 'nightshift', newName: 'nightshift.lab/nightshift', newTag: '1' }],
      configMapGenerator: [{ name: 'nightshift-config', namespace: DEPLOYMENT.namespace, behavior: 'replace', files: ['nightshift.yaml'] }],
      patches: [without('apps/v1', 'Deployment', 'nightshift-gateway'), without('v1', 'Service', 'nightshift'), without('v1', 'PersistentVolumeClaim', 'nightshift-data')],
    }),
  );
  return folder;
}

/** Processes of workers in the lab, by what they are, not by what the API server says. */
export function workerProcesses(paths: LabPaths): number[] {
  return processesIn(runningLab(paths).netnsInode).filter((pid) => /cli\/main\.js\0worker\0/.test(commandLine(pid)));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended since it was listed.
    return '';
  }
}

import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { cacheDir, projectRoot } from '../project';

export { projectRoot };

/** Sources of the lab (manifests, faults, tools); data files are read from here, not from dist/. */
export const labSource = (...parts: string[]): string => path.join(projectRoot(), 'infra', 'lab', ...parts);

/** Alert rules that the product ships. */
export const shippedRules = (...parts: string[]): string => path.join(projectRoot(), 'infra', 'observability', 'rules', ...parts);

/** Where built tools are kept between labs and checkouts. */
export function toolCache(): string {
  return path.join(cacheDir(), 'lab');
}

/** The folder of one lab; several labs live side by side in folders of their own. */
export function defaultLabDir(): string {
  return path.resolve(process.env['NIGHTSHIFT_LAB_DIR'] ?? path.join(os.tmpdir(), 'nightshift-lab'));
}

/** Every file of a running lab, by purpose. */
export interface LabPaths {
  readonly dir: string;
  /** What a running lab is: process, factor, addresses. Present from the start of `lab up` to the end of `lab down`. */
  readonly handle: string;
  /** Bind mount that keeps the network namespace, so that its inode names this lab and no later one. */
  readonly netns: string;
  readonly resolvConf: string;
  readonly pki: string;
  readonly etcd: string;
  readonly logs: string;
  readonly pods: string;
  /** The file systems of PersistentVolumes; visible as such only inside the lab's mount namespace. */
  readonly volumes: string;
  readonly manifests: string;
  /** The lab's Secrets as they were applied, to be read by their owner only. */
  readonly secrets: string;
  /** Name of the lab's control group. */
  readonly controlGroup: string;
  readonly auditLog: string;
  readonly adminKubeconfig: string;
  readonly nightshiftKubeconfig: string;
  readonly webhookToken: string;
  /** Unix socket through which a process outside dials an address inside. */
  readonly portal: string;
  readonly appliedFaults: string;
}

export function labPaths(dir: string = defaultLabDir()): LabPaths {
  const at = (...parts: string[]) => path.join(dir, ...parts);
  // Names outside of the lab's folder have to tell labs apart, and a socket path may have 108 bytes at most.
  const name = `nightshift-lab-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
  return {
    dir,
    handle: at('lab.json'),
    netns: at('run', 'netns'),
    resolvConf: at('run', 'resolv.conf'),
    pki: at('pki'),
    etcd: at('etcd'),
    logs: at('logs'),
    pods: at('pods'),
    volumes: at('volumes'),
    manifests: at('manifests'),
    secrets: at('secrets'),
    controlGroup: name,
    auditLog: at('logs', 'audit.log'),
    adminKubeconfig: at('kubeconfig'),
    nightshiftKubeconfig: at('nightshift.kubeconfig'),
    webhookToken: at('webhook-token'),
    portal: path.join(os.tmpdir(), `${name}.sock`),
    appliedFaults: at('faults.json'),
  };
}

/** The kubeconfig of one of the lab's own clients, such as the scheduler. */
export const clientKubeconfig = (paths: LabPaths, client: string): string => path.join(paths.pki, `${client}.kubeconfig`);

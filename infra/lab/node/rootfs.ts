import { mkdirSync, rmSync, symlinkSync, writeFileSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { CLUSTER_DOMAIN, DNS_IP } from '../settings';
import type { Image } from './images';

/** A folder or file of this machine that a container sees. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Everything a container's root needs besides its volumes. */
export interface RootSpec {
  readonly hostname: string;
  readonly namespace: string;
  readonly podIp: string;
  readonly subdomain?: string;
}

/**
 * Makes a fresh root folder, as a container runtime would from an image, and says what is to be bound into it. The
 * mounts themselves are made in the container's own mount namespace, so they vanish with its last process.
 */
export function createRootfs(root: string, spec: RootSpec, image: Image, volumes: readonly Mount[]): Mount[] {
  rmSync(root, { recursive: true, force: true });
  for (const folder of ['usr', 'proc', 'dev', 'tmp', 'etc', 'var', 'image/bin']) mkdirSync(path.join(root, folder), { recursive: true });
  // Debian's merged /usr: its loaders and shells are reached through these links.
  for (const link of ['bin', 'sbin', 'lib', 'lib64']) if (existsSync(`/usr/${link}`)) symlinkSync(`usr/${link}`, path.join(root, link));
  writeEtc(path.join(root, 'etc'), spec);
  const binaries = Object.entries(image).map(([name, source]) => ({ source, target: `/image/bin/${name}`, readOnly: true }));
  const mounts: Mount[] = [
    { source: '/usr', target: '/usr', readOnly: true },
    { source: '/proc', target: '/proc', readOnly: false },
    { source: '/dev', target: '/dev', readOnly: false },
    ...binaries,
    // Outer folders first: a volume may be mounted below another.
    ...[...volumes].sort((a, b) => a.target.length - b.target.length),
  ];
  for (const mount of mounts) createMountPoint(root, mount);
  return mounts;
}

function createMountPoint(root: string, { source, target }: Mount): void {
  const point = path.join(root, target);
  if (statSync(source).isDirectory()) mkdirSync(point, { recursive: true });
  else {
    mkdirSync(path.dirname(point), { recursive: true });
    writeFileSync(point, '');
  }
}

function writeEtc(etc: string, { hostname, namespace, podIp, subdomain }: RootSpec): void {
  const names = subdomain ? `${hostname}.${subdomain}.${namespace}.svc.${CLUSTER_DOMAIN} ${hostname}` : hostname;
  writeFileSync(path.join(etc, 'hosts'), `127.0.0.1 localhost\n${podIp} ${names}\n`);
  writeFileSync(path.join(etc, 'hostname'), `${hostname}\n`);
  writeFileSync(path.join(etc, 'passwd'), 'root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  writeFileSync(path.join(etc, 'group'), 'root:x:0:\n');
  writeFileSync(path.join(etc, 'nsswitch.conf'), 'hosts: files dns\n');
  writeFileSync(path.join(etc, 'resolv.conf'), resolvConf(namespace));
}

/** What the kubelet gives a pod of `namespace` with `dnsPolicy: ClusterFirst`. */
export function resolvConf(namespace: string): string {
  return `search ${namespace}.svc.${CLUSTER_DOMAIN} svc.${CLUSTER_DOMAIN} ${CLUSTER_DOMAIN}\nnameserver ${DNS_IP}\noptions ndots:5\n`;
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Shell script that binds the mounts below `root`, enters it and becomes the command, all under one process ID. */
export function enterScript(root: string, hostname: string, mounts: readonly Mount[], workingDir: string, command: readonly string[]): string {
  const binds = mounts.map(({ source, target, readOnly }) => {
    const point = path.join(root, target);
    // /dev and /proc hold mounts of their own, which have to come along.
    const kind = source === '/dev' || source === '/proc' ? '--rbind' : '--bind';
    return `mount ${kind} ${quote(source)} ${quote(point)}${readOnly ? ` && mount -o remount,bind,ro ${quote(point)}` : ''}`;
  });
  return ['set -e', ...binds, `echo ${quote(hostname)} > /proc/sys/kernel/hostname`, `exec /usr/sbin/chroot ${quote(root)} /usr/bin/env -C ${quote(workingDir)} -- ${command.map(quote).join(' ')}`].join('\n');
}

import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { clientKubeconfig, type LabPaths } from '../paths';
import { API_SERVER_URL } from '../settings';
import { pkiFile } from './certificates';

type Credentials = { readonly certificate: string; readonly key: string } | { readonly token: string };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Writes a kubeconfig that holds everything it needs, readable by its owner only. */
export function writeKubeconfig(file: string, paths: LabPaths, user: string, credentials: Credentials): void {
  const identity = 'token' in credentials ? { token: credentials.token } : { 'client-certificate-data': base64(credentials.certificate), 'client-key-data': base64(credentials.key) };
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server: API_SERVER_URL, 'certificate-authority-data': base64(pkiFile(paths, 'ca.crt')) } }],
    users: [{ name: user, user: identity }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user, namespace: 'monitoring' } }],
    'current-context': 'lab',
  };
  writeFileSync(file, stringify(content), { mode: 0o600 });
}

/** Kubeconfigs for the admin and for the lab's own components. */
export function writeComponentKubeconfigs(paths: LabPaths): void {
  for (const client of ['kube-controller-manager', 'kube-scheduler', 'node', 'proxy', 'volume-provisioner']) writeKubeconfig(clientKubeconfig(paths, client), paths, client, certificateOf(paths, client));
  writeKubeconfig(paths.adminKubeconfig, paths, 'lab-admin', certificateOf(paths, 'admin'));
}

const certificateOf = (paths: LabPaths, name: string): Credentials => ({ certificate: pkiFile(paths, `${name}.crt`), key: pkiFile(paths, `${name}.key`) });

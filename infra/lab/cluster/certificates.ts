import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { capture } from '../commands/capture';
import type { LabPaths } from '../paths';
import { CLUSTER_DOMAIN, KUBERNETES_SERVICE_IP, NODE_IP, NODE_NAME } from '../settings';

/** Certificates outlive every lab: a lab is made new at each `lab up`. */
const DAYS = '30';

interface Identity {
  readonly file: string;
  readonly commonName: string;
  readonly organization?: string;
  readonly altNames?: readonly string[];
}

/** Who has a certificate of the lab's CA; the names are those that Kubernetes' own RBAC bindings know. */
const IDENTITIES: readonly Identity[] = [
  {
    file: 'apiserver',
    commonName: 'kube-apiserver',
    altNames: [`IP:${NODE_IP}`, `IP:${KUBERNETES_SERVICE_IP}`, 'IP:127.0.0.1', ...['', '.default', '.default.svc', `.default.svc.${CLUSTER_DOMAIN}`].map((suffix) => `DNS:kubernetes${suffix}`)],
  },
  { file: 'kubelet', commonName: `system:node:${NODE_NAME}`, organization: 'system:nodes', altNames: [`IP:${NODE_IP}`, `DNS:${NODE_NAME}`] },
  { file: 'apiserver-kubelet-client', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
  { file: 'admin', commonName: 'lab-admin', organization: 'system:masters' },
  { file: 'kube-controller-manager', commonName: 'system:kube-controller-manager' },
  { file: 'kube-scheduler', commonName: 'system:kube-scheduler' },
  { file: 'node', commonName: `system:node:${NODE_NAME}`, organization: 'system:nodes' },
  { file: 'proxy', commonName: 'system:kube-proxy' },
  { file: 'volume-provisioner', commonName: 'lab:volume-provisioner' },
];

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes the lab's CA, certificates and service-account key; nothing of it ever leaves the lab's folder. */
export async function createCertificates(paths: LabPaths): Promise<void> {
  await rm(paths.pki, { recursive: true, force: true });
  await mkdir(paths.pki, { recursive: true, mode: 0o700 });
  const cwd = paths.pki;
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await capture('openssl', ['req', '-x509', ...EC_KEY, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', DAYS, '-subj', '/CN=nightshift-lab', ...ca], { cwd });
  await Promise.all(IDENTITIES.map((identity) => issue(identity, cwd)));
  await capture('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', 'service-account.key'], { cwd });
  await capture('openssl', ['pkey', '-in', 'service-account.key', '-pubout', '-out', 'service-account.pub'], { cwd });
}

async function issue(identity: Identity, cwd: string): Promise<void> {
  const subject = `${identity.organization ? `/O=${identity.organization}` : ''}/CN=${identity.commonName}`;
  const extensions = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth,clientAuth', ...(identity.altNames ? [`subjectAltName=${identity.altNames.join(',')}`] : [])];
  await capture(
    'openssl',
    ['req', '-x509', '-CA', 'ca.crt', '-CAkey', 'ca.key', ...EC_KEY, '-keyout', `${identity.file}.key`, '-out', `${identity.file}.crt`, '-days', DAYS, '-subj', subject, ...extensions.flatMap((extension) => ['-addext', extension])],
    { cwd },
  );
}

/** Contents of a certificate or key of the lab. */
export const pkiFile = (paths: LabPaths, name: string): string => readFileSync(path.join(paths.pki, name), 'utf8');

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startDevServer, type DevServer } from '../../infra/embedded/dev-server';
import { freePort } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';

/** An API server as a pod sees it: Temporal's `k8s` provider reads in-cluster configuration and nothing else. */
export interface InCluster {
  host: string;
  port: number;
  /** PEM. */
  ca: string;
  token: string;
}

const SCALES_DEPLOYMENTS = {
  'workercontroller.enabled': true,
  'workercontroller.compute_providers.enabled': ['k8s'],
  'workercontroller.scaling_algorithms.enabled': ['rate-based'],
};

/** Where every pod has its service account. */
const SERVICE_ACCOUNT = '/run/secrets/kubernetes.io/serviceaccount';

/** Temporal's dev server as if it ran in a pod of that cluster: the service account is mounted for it alone. Needs root. */
export async function startInClusterTemporal(folder: string, { host, port, ca, token }: InCluster): Promise<DevServer> {
  const account = path.join(folder, 'serviceaccount');
  mkdirSync(account, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries({ 'ca.crt': ca, token, namespace: 'temporal' })) writeFileSync(path.join(account, name), text, { mode: 0o600 });
  const program = path.join(folder, 'temporal-in-a-pod');
  const mount = `mount -t tmpfs tmpfs /run && mkdir -p ${SERVICE_ACCOUNT} && cp '${account}'/* ${SERVICE_ACCOUNT}/ && exec "$@"`;
  writeFileSync(program, `#!/bin/sh\nexec unshare --mount --propagation private sh -c '${mount.replaceAll("'", `'"'"'`)}' sh '${await findTemporal(() => undefined)}' "$@"\n`);
  chmodSync(program, 0o700);
  return startDevServer({ program, port: await freePort(), namespace: 'default', logFile: path.join(folder, 'temporal.log'), dynamicConfig: SCALES_DEPLOYMENTS, env: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: String(port) } });
}

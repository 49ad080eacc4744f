import { ApiClient } from '../api/client';
import { Reflector } from '../api/reflector';
import type { ConfigMap, EndpointSlice, Service } from '../api/types';
import { clientKubeconfig, labPaths } from '../paths';
import { DNS_IP } from '../settings';
import { serveDns } from './dns-server';
import { LoadBalancers } from './load-balancers';
import { resolveName } from './names';
import { OUTSIDE_NAMES, resolveOutsideName } from './outside-names';
import { openPortal } from './portal';
import { ServiceProxy } from './service-proxy';

/** The network side of the lab: Service addresses, names, and the portal to the outside. */
async function main([dir]: readonly string[]): Promise<void> {
  const paths = labPaths(dir);
  const api = new ApiClient(clientKubeconfig(paths, 'proxy'));
  const services = new Reflector<Service>(api, '/api/v1/services');
  const slices = new Reflector<EndpointSlice>(api, '/apis/discovery.k8s.io/v1/endpointslices');
  const proxy = new ServiceProxy();
  const balancers = new LoadBalancers(api);
  const names = new Reflector<ConfigMap>(api, `/api/v1/namespaces/${OUTSIDE_NAMES.namespace}/configmaps`, `fieldSelector=${encodeURIComponent(`metadata.name=${OUTSIDE_NAMES.name}`)}`).start();
  const update = (): void => {
    void proxy.update(services.values(), slices.values());
    void balancers.update(services.values());
  };
  services.onChange(update).start();
  slices.onChange(update).start();
  await Promise.all([services.synced, slices.synced, names.synced]);
  serveDns(DNS_IP, (name) => {
    const found = resolveName(name, services.values(), slices.values());
    return found.kind === 'unknown' ? resolveOutsideName(name, names.find(OUTSIDE_NAMES.namespace, OUTSIDE_NAMES.name)) : found;
  });
  const portal = openPortal(paths.portal);
  process.on('SIGTERM', () => {
    portal.close();
    process.exit(0);
  });
  console.log('network is ready');
}

process.on('unhandledRejection', (error) => console.log('unhandled rejection', error));
void main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.stack);
  process.exit(1);
});

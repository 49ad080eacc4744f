import type { EndpointSlice, Service } from '../api/types';

/** Where one Service port leads at the moment. */
export interface Route {
  /** `<cluster IP>:<port>`, the address that clients connect to. */
  readonly listen: string;
  /** `<pod IP>:<port>` of every ready endpoint. */
  readonly targets: readonly string[];
}

const SERVICE_LABEL = 'kubernetes.io/service-name';

export function slicesOf(service: Service, slices: readonly EndpointSlice[]): EndpointSlice[] {
  return slices.filter(({ metadata }) => metadata.namespace === service.metadata.namespace && metadata.labels?.[SERVICE_LABEL] === service.metadata.name);
}

/** The cluster IP, and what a load balancer has given the Service. */
function addressesOf({ spec: { clusterIP }, status }: Service): string[] {
  const outside = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return clusterIP && clusterIP !== 'None' ? [clusterIP, ...outside] : [];
}

/** Routes of all Services with a cluster IP. A port without ready endpoints has a route without targets. */
export function routes(services: readonly Service[], slices: readonly EndpointSlice[]): Route[] {
  return services.flatMap((service) => {
    const own = slicesOf(service, slices);
    return addressesOf(service).flatMap((ip) => (service.spec.ports ?? [])
      .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
      .map(({ name, port }) => ({ listen: `${ip}:${port}`, targets: readyTargets(own, name) })));
  });
}

function readyTargets(slices: readonly EndpointSlice[], portName: string | undefined): string[] {
  const targets = slices.flatMap((slice) => {
    const port = slice.ports?.find(({ name }) => (name ?? '') === (portName ?? ''))?.port;
    if (port === undefined) return [];
    // An absent condition means ready, says the API.
    return (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses.map((address) => `${address}:${port}`));
  });
  return [...new Set(targets)].sort();
}

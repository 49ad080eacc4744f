import type { EndpointSlice, Service } from '../api/types';
import { CLUSTER_DOMAIN } from '../settings';
import { slicesOf } from './routing';

export type Lookup = { readonly kind: 'addresses'; readonly addresses: readonly string[] } | { readonly kind: 'services'; readonly records: readonly SrvRecord[] } | { readonly kind: 'unknown' };

export interface SrvRecord {
  readonly port: number;
  readonly target: string;
}

const UNKNOWN: Lookup = { kind: 'unknown' };
const SUFFIX = `.svc.${CLUSTER_DOMAIN}`;

/**
 * Answers a name of the cluster's domain as the DNS specification for Kubernetes says: a Service's cluster IP, a
 * headless Service's pods, one pod by host name below its Service, and SRV records for named ports. Pods that are not
 * ready are in it only where the Service publishes them.
 */
export function resolveName(name: string, services: readonly Service[], slices: readonly EndpointSlice[]): Lookup {
  const lower = name.toLowerCase().replace(/\.$/, '');
  if (!lower.endsWith(SUFFIX)) return UNKNOWN;
  const labels = lower.slice(0, -SUFFIX.length).split('.');
  const [namespace, serviceName, ...rest] = labels.reverse();
  const service = services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === serviceName);
  if (!service) return UNKNOWN;
  const members = membersOf(service, slices);
  if (rest.length === 0) return { kind: 'addresses', addresses: isHeadless(service) ? members.map(({ ip }) => ip) : [service.spec.clusterIP ?? ''] };
  const [last = '', first = ''] = rest;
  // `rest` is reversed: [_tcp, _http] for _http._tcp.<service>.
  if (last === '_tcp') return { kind: 'services', records: srvRecords(service, slices, first.replace(/^_/, '')) };
  const host = members.filter(({ hostname }) => hostname === last);
  return rest.length === 1 && host.length > 0 ? { kind: 'addresses', addresses: host.map(({ ip }) => ip) } : UNKNOWN;
}

const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None';

function membersOf(service: Service, slices: readonly EndpointSlice[]): Array<{ ip: string; hostname: string | undefined }> {
  // With publishNotReadyAddresses the EndpointSlice controller itself says ready for every pod.
  return slicesOf(service, slices).flatMap((slice) => (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses, hostname }) => addresses.map((ip) => ({ ip, hostname }))));
}

function srvRecords(service: Service, slices: readonly EndpointSlice[], portName: string): SrvRecord[] {
  const base = `${service.metadata.name}.${service.metadata.namespace}${SUFFIX}`;
  if (!isHeadless(service)) return (service.spec.ports ?? []).filter(({ name }) => name === portName).map(({ port }) => ({ port, target: base }));
  return slicesOf(service, slices).flatMap((slice) => {
    const port = slice.ports?.find(({ name }) => name === portName)?.port;
    if (port === undefined) return [];
    return (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).map(({ hostname, addresses }) => ({ port, target: `${hostname ?? (addresses[0] ?? '').replaceAll('.', '-')}.${base}` }));
  });
}

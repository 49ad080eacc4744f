/** Kubernetes' REST paths, read back into what they ask for; the counterpart of `activities/kubernetes/rest-gateway.ts`. */
import type { JsonObject } from '../../workflows/contracts';

/** Every kind that Nightshift asks the practice cluster for, by group version: resource name → kind. */
const RESOURCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  v1: { configmaps: 'ConfigMap', pods: 'Pod', services: 'Service' },
  'apps/v1': { controllerrevisions: 'ControllerRevision', deployments: 'Deployment', replicasets: 'ReplicaSet', statefulsets: 'StatefulSet' },
  'discovery.k8s.io/v1': { endpointslices: 'EndpointSlice' },
  'policy/v1': { poddisruptionbudgets: 'PodDisruptionBudget' },
};

export interface ApiRequest {
  apiVersion: string;
  kind: string;
  namespace: string;
  /** Absent for lists and creations. */
  name?: string;
  /** `log`, `eviction` or `proxy`. */
  subresource?: string;
  /** Of a proxied request: port and path. */
  proxied?: { port: string; path: string };
}

const DISCOVERY = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))$/;
const OBJECTS = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+)(?:\/([^/]+)(\/.*)?)?)?$/;

/** What a group version offers, where the path asks for that. */
export function discovered(pathname: string): JsonObject | undefined {
  const [, core, group] = DISCOVERY.exec(pathname) ?? [];
  const groupVersion = core ?? group;
  const offered = groupVersion === undefined ? undefined : RESOURCES[groupVersion];
  if (groupVersion === undefined || !offered) return undefined;
  return { kind: 'APIResourceList', groupVersion, resources: Object.entries(offered).map(([name, kind]) => ({ name, kind, namespaced: true })) };
}

/** Undefined for a path that asks for nothing this API knows. */
export function parseRequest(pathname: string): ApiRequest | undefined {
  const [, core, group, namespace = '', resource = '', name, subresource, rest] = OBJECTS.exec(decodeURIComponent(pathname)) ?? [];
  const apiVersion = core ?? group;
  const kind = apiVersion === undefined ? undefined : RESOURCES[apiVersion]?.[resource];
  if (apiVersion === undefined || kind === undefined) return undefined;
  const request: ApiRequest = { apiVersion, kind, namespace };
  if (name === undefined) return request;
  if (subresource !== 'proxy') return { ...request, name, ...(subresource && { subresource }) };
  const [target = '', port = ''] = name.split(':');
  return { ...request, name: target, subresource, proxied: { port, path: rest ?? '/' } };
}

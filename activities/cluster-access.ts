import { failure, type JsonObject, type ObjectEdits } from '../workflows/contracts';
import type { AlertmanagerGateway } from './alertmanager/gateway';
import type { ClusterConfig, Target } from './clusters';
import type { DesiredState } from './desired-state';
import type { FrontDoorGateway } from './grafana/gateway';
import type { KubernetesGateway } from './kubernetes/gateway';
import type { NamesGateway } from './network/gateway';
import type { MetricsGateway, QueryGateway, RulesGateway } from './prometheus/gateway';
import type { SecretDigest } from './secret-digest';
import type { HeartbeatGateway } from './temporal/gateway';

/** Time, so that tests need not wait for it. */
export interface Clock {
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
}

/** One cluster as a worker reaches it: its configuration and a gateway per external system that is configured. */
export interface ClusterAccess {
  config: ClusterConfig;
  kubernetes: KubernetesGateway;
  /** Programs' own `/metrics`, through the API server's pod proxy. */
  metrics: MetricsGateway;
  /** Thanos Query; absent where it is not configured. */
  query?: QueryGateway;
  /** The Prometheus that watches the pipeline; absent where it is not configured. */
  prometheus?: QueryGateway;
  alertmanager?: AlertmanagerGateway;
  /** The cluster's names, where the worker runs beside the pipeline; absent outside of the cluster. */
  names?: NamesGateway;
  /** Whoever evaluates the alerting rules; absent where it is not configured. */
  rules?: RulesGateway;
  /** What Nightshift itself has heard of the cluster; absent where nobody can say. */
  heartbeats?: HeartbeatGateway;
  /** Grafana as users reach it; absent where no address is configured. */
  frontDoor?: FrontDoorGateway;
  /** Thanos Query Frontend; absent where it is not configured. */
  frontend?: QueryGateway;
  desiredState: DesiredState;
  /** What the Git repository says of an object now; absent where none is configured. */
  inGit?: (object: ObjectEdits['object']) => Promise<{ manifest: JsonObject; where: string; partial?: true } | undefined>;
  /** Tells two secret values apart without showing them; the same on every worker that plans or executes for this cluster. */
  digest: SecretDigest;
  clock: Clock;
}

export type Clusters = ReadonlyMap<string, ClusterAccess>;

/** @throws InvalidInput when the cluster is not configured; the message names those that are. */
export function clusterNamed(clusters: Clusters, name: string): ClusterAccess {
  const access = clusters.get(name);
  if (access) return access;
  throw failure('InvalidInput', `The cluster ${name} is not in this worker's configuration; it knows ${[...clusters.keys()].join(', ') || 'none'}`);
}

/** What a role stands for in this cluster. @throws InvalidInput when the role is not configured. */
export function targetOf({ config }: Pick<ClusterAccess, 'config'>, role: string): Target {
  const target = Object.hasOwn(config.targets, role) ? config.targets[role] : undefined;
  if (target) return target;
  throw failure('InvalidInput', `The role ${role} is not configured for the cluster ${config.name}; configured are ${Object.keys(config.targets).join(', ') || 'none'}`);
}

/** A target's port by use. @throws InvalidInput when it is not configured. */
export function portOf(target: Target, use: string): number {
  const port = target.ports[use];
  if (port !== undefined) return port;
  throw failure('InvalidInput', `${target.kind} ${target.namespace}/${target.name} has no port for ${use} in the configuration; add it to its ports`);
}

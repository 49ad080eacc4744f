import type { Budgets, Policy } from '../workflows/contracts';
import type { WatchdogConfig } from './configuration/maintenance';

/** One object, or the pods of one workload, that runbooks may look at and change. Runbooks name the role, never the object. */
export interface Target {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  /** Labels of the workload's pods; read from the workload's own selector when absent. */
  podSelector?: Record<string, string>;
  container?: string;
  /** Ports by use: `metrics`, `http`, `write`, `grpc`. */
  ports: Record<string, number>;
  /** For a ConfigMap or Secret: the key that matters. */
  key?: string;
}

/** What Nightshift knows of one cluster; made from `nightshift.yaml` by `workers/config.ts`. Workers trust this, never a message. */
export interface ClusterConfig {
  name: string;
  /** The in-memory stand-in. */
  practice: boolean;
  /** A lab's disposable cluster of real programs: unsigned decisions count there for destructive plans too. */
  lab?: boolean;
  mode: 'observe' | 'act';
  policy: Policy;
  /** How much may be done without a person; everything where absent. */
  budgets?: Budgets;
  acceptUnsigned: boolean;
  namespace: string;
  /** By role: agent, agentConfig, receiver, receiverService, hashring, query, … */
  targets: Record<string, Target>;
  /** Thanos Receive's write quorum follows from it: RF1→1, RF2→1, RF3→2 (Thanos ≥ 0.37). */
  replicationFactor: number;
  endpoints: { prometheus?: string; query?: string; frontend?: string; ruler?: string; alertmanager?: string; grafana?: string };
  /** A directory of manifests (YAML, searched below) that says how objects should be. */
  desiredState?: { directory: string };
  /** A Git repository is configured; how to reach it is known to the activities of `git/` alone. */
  git?: true;
  /** The ConfigMap that stops every mutation; unreadable, missing or not `enabled: "true"` means off. */
  killSwitch: { namespace: string; name: string };
  /** Present where heartbeats are expected of it. */
  watchdog?: WatchdogConfig;
  /** Multiplies every duration and window; 1 in production, smaller in the lab. */
  timeFactor: number;
}

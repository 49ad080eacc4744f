import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';

/** One mutation that the practice cluster accepted; dry runs are not among them. */
export interface AuditEntry {
  /** Grows by one with each mutation, over scenes and restarts. */
  sequence: number;
  at: string;
  verb: 'evict' | 'delete' | 'patch' | 'create' | 'post';
  object: { apiVersion: string; kind: string; namespace: string; name: string; uid?: string };
  /** `<runbook>/<example>` that is being played. */
  scene?: string;
  /** Paths of the fields that a patch names, or the path that was posted to. */
  paths?: string[];
}

/** A pod on its way: it appears as Pending, and a moment later as what it will be. */
export interface PodBirth {
  appearsAt: string;
  settlesAt: string;
  pod: KubernetesObject;
}

export interface PodLog {
  podUid: string;
  previous: boolean;
  lines: string[];
}

export interface Scene {
  runbook: string;
  example: string;
  playedAt: string;
  /** What the probes of the runbook answer, by probe id, before and after the pipeline is healed; as the example says. */
  evidence: Record<string, JsonObject | null>;
  after: Record<string, JsonObject | null>;
  /** Probe id → registered probe. */
  uses: Record<string, string>;
  /** Objects that the scene changed, as they were before. */
  healthy: KubernetesObject[];
  /** Revision → status that pods of it get: a template that does not work breaks every pod made of it. */
  brokenRevisions: Record<string, JsonObject>;
  /** When every object was found as it should be. */
  healedAt?: string;
}

/** Everything that the practice cluster remembers; one JSON file. */
export interface PracticeState {
  version: 1;
  /** SHA-256 of the manifests that the healthy pipeline was made from. */
  manifests: string;
  /** Source of resourceVersions, UIDs and pod addresses. */
  counter: number;
  /** Distinguishes the UIDs of one set-up from those of the next. */
  seed: string;
  objects: KubernetesObject[];
  births: PodBirth[];
  logs: PodLog[];
  /** ConfigMap → the file of it that its program runs with; a changed ConfigMap counts only once it was read again. */
  loaded: Record<string, string>;
  scene?: Scene;
  auditSequence: number;
  /** Written again to `audit.jsonl` when the process died before it got there. */
  lastAudit?: AuditEntry;
}

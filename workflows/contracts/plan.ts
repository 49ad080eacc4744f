import type { ObjectEdits } from './permanent-fix';
import type { PolicyRuling } from './policy';
import type { Json, JsonObject, Text } from './text';
import type { FailureDomain, Risk } from './vocabulary';

export interface ObjectReference {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  /** Present for every object that exists already: the step is refused when another object has taken the name. */
  uid?: string;
}

/** One field, addressed by JSON Pointer (RFC 6901). `old` or `new` is absent where the field is added or removed. */
export interface FieldChange {
  path: string;
  old?: Json;
  new?: Json;
}

/** One key of a Secret, by keyed digests of its value before and after; absent where the key is added or removed. */
export interface SecretKeyChange {
  key: string;
  old?: string;
  new?: string;
}

interface AnyStep {
  id: string;
  object: ObjectReference;
  reason: Text;
  /**
   * How long it may wait for what has to come first (the pod before it to be ready again), in milliseconds; a few
   * minutes where absent.
   */
  patienceMs?: number;
}

/**
 * One change to one object. Level-based: executing it again when it already holds changes nothing.
 * `reload` asks a running program to read its configuration again (`POST` to `path` through the pod proxy).
 * `keepSecret` copies a Secret's data into the Secret `object`; `fillSecret` sets a Secret's keys from the desired state or
 * from such a copy. Their values are read where the step is executed and are nowhere in the plan.
 */
export type PlannedStep = AnyStep & (
  | { action: 'evict' | 'delete' }
  | { action: 'patch'; changes: FieldChange[] }
  | { action: 'create'; manifest: JsonObject }
  | { action: 'reload'; port: number; path: string }
  | { action: 'keepSecret'; copyOf: { name: string; uid: string }; keys: SecretKeyChange[] }
  | { action: 'fillSecret'; from: 'desiredState' | { copy: string }; keys: SecretKeyChange[] }
);

/** What one gate says of one plan. A refused gate cannot be switched off by runbook or policy. */
export interface GateVerdict {
  gate: string;
  passed: boolean;
  reason: Text;
}

export interface BlastRadius {
  /** Pods that are restarted or removed. */
  pods: string[];
  /** Ready members before, at the worst moment, and what a write quorum needs; absent where no quorum is involved. */
  quorum?: { readyBefore: number; readyDuring: number; needed: number; members: number };
  text: Text;
}

/** A change that will not stay, and what Git would have to say for it to stay. */
export interface RevertWarning {
  by: 'argocd' | 'flux' | 'git';
  keeps: ObjectEdits;
  text: Text;
}

/** What a remedy will do, exactly. The hash covers what changes, never what moves by itself (resourceVersion, status). */
export interface Plan {
  id: string;
  /** The remedy's id in the runbook. */
  remedy: string;
  /** The registered remedy. */
  use: string;
  title: Text;
  cluster: string;
  risk: Risk;
  steps: PlannedStep[];
  /** Undoes the steps, in the order in which it would run; empty where nothing can or need be undone. */
  inverse: PlannedStep[];
  /**
   * Under whose lease each step is carried out, by its id: the failure domain of its object's role. Absent in plans of before.
   * No part of the hash: the executing worker knows it itself.
   */
  domains?: Record<string, FailureDomain>;
  gates: GateVerdict[];
  blastRadius: BlastRadius;
  /** Where the wanted state comes from: "manifests directory (thanos-receive-lb.yaml)", "ControllerRevision thanos-receive-6f…". */
  desiredState?: string;
  /** Named when data will be lost: how much, and why. */
  expectedLoss?: Text;
  /** Changes that a sync loop, or the next apply, takes back: Git says otherwise. No part of the hash. */
  reverts?: RevertWarning[];
  ifNothingIsDone: Text;
  /** A unified diff or list of changes for people. */
  diff: string;
  /** What the server's dry run said, one line a step. */
  dryRun: string[];
  plannedAt: string;
  hash: string;
}

export interface PlanRequest {
  cluster: string;
  publicId: string;
  incidentClass: string;
  /** The gravest of the incident's alerts; policy may ask for it. */
  severity: string;
  planId: string;
  remedy: { id: string; use: string; title: Text; with: JsonObject };
  /** The roles that the runbook declared; a remedy that names another is refused. */
  targets: string[];
  /** Workflow time, RFC 3339; goes into the plan, so that a retried plan is the same plan. */
  plannedAt: string;
}

export type PlanResult =
  /** `ruling`: what the policy of the worker that planned demands for it now; not part of the plan, so not of its hash. */
  | { kind: 'planned'; plan: Plan; ruling?: PolicyRuling }
  /** A gate or precondition says no; the next remedy is tried. */
  /** `workerAbsent`: nobody was there who plans. */
  | { kind: 'refused'; remedy: string; gates: GateVerdict[]; reason: Text; workerAbsent?: boolean }
  /** The world already is as the remedy wants it. */
  | { kind: 'unneeded'; remedy: string; reason: Text };

export interface StepResult {
  step: string;
  /** Completes the sentence "Pod monitoring/x has been …". `unchanged`: it already was so. */
  result: 'evicted' | 'deleted' | 'patched' | 'created' | 'reloaded' | 'unchanged';
  object: ObjectReference;
  at: string;
  /** Of the object that the step made: what an undo may remove is this one and no other of its name. */
  uid?: string;
  /** The object's resourceVersion before and after, where there is one. */
  resourceVersion?: { before?: string; after?: string };
  detail: string;
}

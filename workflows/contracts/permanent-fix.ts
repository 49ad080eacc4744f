import type { FieldChange, ObjectReference } from './plan';
import type { PermanentFixSpec } from './runbook';
import type { Json, JsonObject, Text } from './text';

/**
 * One field of an object as it should be. `path` is a JSON Pointer in which `name=x` picks the item of a list whose `name` is
 * x: `/spec/template/spec/containers/name=thanos-receive/resources/limits/memory`.
 */
export type DesiredEdit =
  /** `from`: what the incident found there. Where the repository says neither that nor `to`, a person has to decide. */
  | { path: string; to: Json; from?: Json }
  /** A number that may be larger already. */
  | { path: string; atLeast: number }
  /** An item of a list of texts, such as an argument; one that gives the same option another value is replaced. */
  | { path: string; add: string }
  | { path: string; remove: true };

/** What the desired state of one object should say; `manifest` where it should be there at all. */
export interface ObjectEdits {
  object: Pick<ObjectReference, 'apiVersion' | 'kind' | 'namespace' | 'name'>;
  edits: DesiredEdit[];
  manifest?: JsonObject;
}

/** One field that a step of this incident changed, and that was not taken back. */
export interface KeptField extends FieldChange {
  /** The registered remedy. */
  use: string;
  object: ObjectReference;
}

/** Why a fix is not in the repository: each has its own remedy, which `reason` says. */
export const FIX_REFUSALS = ['no-value', 'not-found', 'ambiguous', 'not-editable', 'conflict', 'secret', 'protected-branch', 'rejected', 'not-allowed', 'foreign-branch'] as const;
export type FixRefusal = (typeof FIX_REFUSALS)[number];

/** What a commit and a pull request tell of the incident. */
export interface FixStory {
  title: Text;
  cause?: Text;
  /** Sentences of the evidence that decided. */
  evidence: string[];
  /** Of the incident. */
  url: string;
  /** Public IDs of earlier incidents with the same root cause, newest first. */
  recurrences: string[];
  /** Date of the commit, RFC 3339: the same on every try, so that a retried commit is the same commit. */
  at: string;
}

export interface PublishFixRequest {
  cluster: string;
  publicId: string;
  fix: PermanentFixSpec;
  kept: KeptField[];
  story: FixStory;
}

export interface PullRequestReference {
  number: number;
  url: string;
}

/** Where a fix stands in the repository. */
export interface FixBranch {
  branch: string;
  commit: string;
  /** The commit that it was made on. */
  base: string;
  files: string[];
  pullRequest?: PullRequestReference;
  /** Somebody has added to it: it is theirs, and is not made again. */
  foreign?: true;
}

export type PublishedFix =
  /** `note`: what a reader should know, such as that somebody else has added to the branch. */
  | { kind: 'published'; on: FixBranch; change: ObjectEdits[]; note?: Text }
  /** The repository says so already; only the cluster may not. */
  | { kind: 'already'; base: string; change: ObjectEdits[] }
  | { kind: 'refused'; why: FixRefusal; reason: Text };

export interface AwaitFixRequest {
  cluster: string;
  publicId: string;
  fix: string;
  change: ObjectEdits[];
  /** Absent where nothing was pushed: the repository said so already, or an earlier incident's branch is waited for. */
  on?: FixBranch;
  merged: boolean;
  /** The live object has the change already, and a sync loop may take it back. */
  keepsLive: boolean;
}

/** What happened to a fix since it was last looked at. */
export type FixNews =
  | { kind: 'merged'; base: string; by?: string }
  | { kind: 'applied' }
  | { kind: 'declined'; by: string; reason: string }
  /** The base went on under it (moved file, conflicting edit, force-push): it is made again. */
  | { kind: 'outdated'; reason: string }
  /** The live object no longer has what the incident gave it. */
  | { kind: 'reverted'; detail: string };

export interface GitActivities {
  /**
   * Finds the right file and field, commits on a branch of the fix's own, and asks for it to be merged. Done again, it does the
   * same. @throws UpstreamUnavailable, RateLimited, Conflict: asked again
   */
  gitPublishFix(request: PublishFixRequest): Promise<PublishedFix>;
  /** Answers when there is news. @throws NotYetConverged where there is none */
  gitAwaitFix(request: AwaitFixRequest): Promise<FixNews>;
}

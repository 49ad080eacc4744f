/** What permanent fixes need of a Git repository, in our own words. */
import type { PullRequestReference } from '../../workflows/contracts';

/** The files of one commit. Paths are relative to the repository's root. */
export interface RepositoryTree {
  /** Every file's path. */
  files(): Promise<readonly string[]>;
  /** `undefined` where there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Files below a folder that hold a text. */
  mentioning(text: string, below: string): Promise<string[]>;
}

export interface NewCommit {
  parent: string;
  /** Path → content of files that are new or other than in the parent. */
  files: ReadonlyMap<string, string>;
  message: string;
  /** RFC 3339, of author and committer: made twice, it is one commit. */
  at: string;
}

export interface CommitFacts {
  parents: string[];
  message: string;
}

export type PushResult =
  | { kind: 'pushed' }
  /** A rule of the repository; `said` are the server's own words, fit to be shown. */
  | { kind: 'protected' | 'rejected'; said: string }
  /** Somebody has pushed there meanwhile. */
  | { kind: 'moved' };

/**
 * A clone that is brought up to date whenever it is asked. Implementations throw only failures of `contracts/failures.ts`:
 * UpstreamUnavailable where the server is away, NotAuthorized, TargetNotFound where repository or branch is not there.
 */
export interface GitGateway {
  /** The tips of the base branch and, where it exists, of another branch; both can be read afterwards. */
  fetch(branch?: string): Promise<{ base: string; branch?: string }>;
  tree(commit: string): RepositoryTree;
  facts(commit: string): Promise<CommitFacts>;
  isAncestor(commit: string, of: string): Promise<boolean>;
  /** Object IDs of files in a commit; absent where there is no such file. */
  identities(commit: string, paths: readonly string[]): Promise<Record<string, string>>;
  /** Files that differ between two commits. */
  changedFiles(from: string, to: string): Promise<string[]>;
  commit(commit: NewCommit): Promise<string>;
  /** @param expected the branch's tip as it was fetched; undefined where there was no such branch */
  push(commit: string, branch: string, expected: string | undefined): Promise<PushResult>;
}

export interface PullRequestText {
  branch: string;
  title: string;
  body: string;
}

export type PullRequestState =
  | { kind: 'open' }
  | { kind: 'merged'; by: string }
  | { kind: 'closed'; by: string; reason: string };

/** Where changes are asked to be merged. Throws failures of the taxonomy; RateLimited with the wait that was asked for. */
export interface PullRequestGateway {
  /** The open pull request of the branch: the one that is there, brought up to date, or a new one. */
  open(text: PullRequestText): Promise<PullRequestReference>;
  state(pullRequest: PullRequestReference): Promise<PullRequestState>;
  /** Where a person can ask for it by hand. */
  compareUrl(branch: string): string;
}

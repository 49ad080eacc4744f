import { failure, type GitActivities } from '../../workflows/contracts';
import { within } from '../call-scope';
import { awaitFix } from './await';
import type { LiveObjects } from '../live-objects';
import { publishFix } from './publish';
import type { Repositories, Repository } from './repository';

/** The first clone of a repository takes its time. In milliseconds. */
const PUBLISH_MS = 4 * 60_000;
const LOOK_MS = 90_000;

export interface GitDependencies {
  repositories: Repositories;
  live: LiveObjects;
  /** Which attempt of the running activity this is, from 1. */
  attempt(): number;
}

export function createGitActivities({ repositories, live, attempt }: GitDependencies): GitActivities {
  return {
    gitPublishFix: (request) => within(PUBLISH_MS, `Publishing the fix ${request.fix.id}`, () => publishFix(repositoryOf(repositories, request.cluster), live, request)),
    gitAwaitFix: (request) => within(LOOK_MS, `Looking at the fix ${request.fix}`, () => awaitFix(repositoryOf(repositories, request.cluster), live, request, attempt())),
  };
}

function repositoryOf(repositories: Repositories, cluster: string): Repository {
  const repository = repositories.get(cluster);
  if (repository) return repository;
  throw failure('InvalidInput', `No Git repository is configured for the cluster ${cluster}; add git below it in the configuration of the worker`);
}

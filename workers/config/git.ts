import type { GitSettings } from '../../activities/git/settings';
import { ConfigError } from './errors';
import type { GitFile } from './git-schema';

/** @param read the value of a secret, which is named by its file or variable */
export function gitOf({ repository, branch, directory, provider, token, username, author, github, helm }: GitFile, where: string, read: (source: NonNullable<GitFile['token']>, field: string) => string): GitSettings {
  const secret = token && read(token, `${where}.git.token`);
  return {
    repository,
    branch,
    directory,
    author,
    helm,
    ...(secret !== undefined && { credentials: { username, token: secret } }),
    ...(provider === 'github' && secret !== undefined && { github: { ...repositoryOf(github.repository, repository, where), apiUrl: github.apiUrl.replace(/\/$/, ''), token: secret, labels: github.labels, reviewers: github.reviewers } }),
  };
}

/** `acme/gitops` of `https://github.com/acme/gitops.git` or `git@github.com:acme/gitops.git`. */
function repositoryOf(given: string | undefined, address: string, where: string): { owner: string; repo: string } {
  const [, owner, repo] = /([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(given ?? address.replace(/^[^:]+:\/\/[^/]+|^[^:]+:/, '')) ?? [];
  if (!owner || !repo) throw new ConfigError(`${where}.git.github.repository is needed: the address of the repository does not say owner and name.`);
  return { owner, repo };
}

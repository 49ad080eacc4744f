import type { GitGateway, PullRequestGateway } from './gateway';
import { helmLayout } from './helm-layout';
import { kustomizeLayout } from './kustomize/layout';
import { kustomizationIn } from './kustomize/render';
import type { Layout } from './layout';
import { plainLayout } from './plain-layout';
import type { GitSettings } from './settings';
import type { RepositoryTree } from './gateway';

/** The repository of one cluster, as a worker reaches it. */
export interface Repository {
  settings: GitSettings;
  git: GitGateway;
  /** Absent where branches are only pushed. */
  pullRequests?: PullRequestGateway;
}

export type Repositories = ReadonlyMap<string, Repository>;

/** Looked at anew in each commit: a directory may become a kustomization. */
export async function layoutOf(tree: RepositoryTree, { directory, helm }: GitSettings): Promise<Layout> {
  const manifests = (await kustomizationIn(tree, directory)) === undefined ? plainLayout(directory) : kustomizeLayout(directory);
  return helm.length > 0 ? helmLayout(helm, directory, manifests) : manifests;
}

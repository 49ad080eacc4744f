/** Values of a chart: which of them stands for which field of which object. Templates cannot be inverted, so somebody says it. */
export interface HelmMapping {
  /** `StatefulSet/thanos-receive`. */
  object: string;
  /** Values file, relative to the directory. */
  values: string;
  /** Path of a field of the object (the longest that fits counts) → path of the value: `receive.resources`. */
  paths: Record<string, string>;
}

/** The GitOps repository of one cluster; made from `nightshift.yaml`. */
export interface GitSettings {
  repository: string;
  branch: string;
  /** Of the cluster, relative to the repository's root; '' for the root. */
  directory: string;
  author: { name: string; email: string };
  /** For https: sent as a basic credential, never as an argument or in a URL. */
  credentials?: { username: string; token: string };
  /** Absent: the branch is pushed, and people ask for its merge themselves. */
  github?: { apiUrl: string; owner: string; repo: string; token: string; labels: string[]; reviewers: string[] };
  helm: HelmMapping[];
}

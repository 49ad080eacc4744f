import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGitActivities } from '../../../activities/git/activities';
import type { PullRequestGateway } from '../../../activities/git/gateway';
import type { GitSettings } from '../../../activities/git/settings';
import { simpleGitGateway } from '../../../activities/git/simple-git-gateway';
import type { LiveObjects } from '../../../activities/live-objects';
import type { GitActivities, ObjectEdits, PublishedFix, PublishFixRequest } from '../../../workflows/contracts';
import type { ServedRepository } from '../../support/git-repository';

export const text = (en: string) => ({ en, ko: en });
const RECEIVER = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' };
export const CONTAINER = '/spec/template/spec/containers/name=thanos-receive';

export function ofReceiver(...edits: ObjectEdits['edits']): ObjectEdits {
  return { object: RECEIVER, edits };
}

export const BUDGET: ObjectEdits = {
  object: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: 'monitoring', name: 'thanos-receive' },
  edits: [],
  manifest: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'thanos-receive', namespace: 'monitoring' }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'thanos-receive' } } } },
};

export const MEMORY = ofReceiver(
  { path: `${CONTAINER}/resources/limits/memory`, to: '16Gi', from: '8Gi' },
  { path: `${CONTAINER}/resources/requests/memory`, to: '16Gi', from: '8Gi' },
);

export const PUBLIC_ID = '20261122-3f9ab21c';
export const BRANCH = `nightshift/${PUBLIC_ID}/size-memory`;

export function request(keeps: ObjectEdits[], change: Partial<PublishFixRequest> = {}): PublishFixRequest {
  return {
    cluster: 'cluster-03',
    publicId: PUBLIC_ID,
    fix: { id: 'size-memory', title: text('Size the receivers’ memory'), description: text('So that Go gives back before the kernel kills.'), keeps },
    kept: [],
    story: { title: text('Receivers are killed'), cause: text('Too little memory'), evidence: ['thanos-receive-1 was killed for want of memory (3 times).'], url: 'http://127.0.0.1:8088/incidents/20261122-3f9ab21c', recurrences: [], at: '2026-11-22T03:20:00.000Z' },
    ...change,
  };
}

/** The cluster, as far as fixes ask of it. */
export class FakeLive implements LiveObjects {
  applied = false;
  async resolve(_cluster: string, fix: PublishFixRequest['fix']): Promise<ObjectEdits[] | undefined> {
    return fix.keeps;
  }
  async standing(): Promise<{ applied: boolean; detail: string }> {
    return { applied: this.applied, detail: this.applied ? '' : 'StatefulSet monitoring/thanos-receive says "8Gi"' };
  }
}

/** One worker's activities and its own clone. */
export class GitWorker {
  readonly live = new FakeLive();
  readonly directory = mkdtempSync(path.join(tmpdir(), 'nightshift-clone-'));
  readonly activities: GitActivities;

  constructor(served: ServedRepository, change: Partial<GitSettings> = {}, pullRequests?: PullRequestGateway) {
    const settings = served.settings(change);
    this.activities = createGitActivities({ repositories: new Map([['cluster-03', { settings, git: simpleGitGateway(settings, this.directory), ...(pullRequests && { pullRequests }) }]]), live: this.live, attempt: () => 1 });
  }

  publish(...keeps: ObjectEdits[]): Promise<PublishedFix> {
    return this.activities.gitPublishFix(request(keeps));
  }

  /** @throws Error where it is refused, so that a test says why */
  async published(...keeps: ObjectEdits[]): Promise<Extract<PublishedFix, { kind: 'published' }>> {
    const result = await this.publish(...keeps);
    if (result.kind !== 'published') throw new Error(`not published: ${JSON.stringify(result)}`);
    return result;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

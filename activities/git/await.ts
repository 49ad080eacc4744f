import type { AwaitFixRequest, FixNews } from '../../workflows/contracts';
import { failure } from '../../workflows/contracts';
import { Refusal } from './layout';
import type { LiveObjects } from '../live-objects';
import { saysAlready } from './make-change';
import { stillFits } from './publish';
import { layoutOf, type Repository } from './repository';

/** How soon to look again, in milliseconds, by how often nothing was new: people merge within minutes or after days. */
const SOONEST_MS = 60_000;
const LATEST_MS = 30 * 60_000;

export function nextLook(attempt: number): number {
  return Math.min(LATEST_MS, SOONEST_MS * 2 ** Math.min(10, Math.max(0, attempt - 5)));
}

/** What is new of one fix. @throws NotYetConverged where nothing is */
export async function awaitFix(repository: Repository, live: LiveObjects, request: AwaitFixRequest, attempt: number): Promise<FixNews> {
  const news = request.merged ? await appliedNews(live, request) : ((await repositoryNews(repository, request)) ?? (await revertedNews(live, request)));
  if (news) return news;
  throw failure('NotYetConverged', `Nothing is new of the fix ${request.fix} of ${request.publicId}; it is looked at again`, { nextRetryMs: nextLook(attempt) });
}

async function appliedNews(live: LiveObjects, { cluster, change }: AwaitFixRequest): Promise<FixNews | undefined> {
  return (await live.standing(cluster, change)).applied ? { kind: 'applied' } : undefined;
}

/** Merged is what the base branch says, whichever way it came there; a pull request only says who did it. */
async function repositoryNews(repository: Repository, { change, on }: AwaitFixRequest): Promise<FixNews | undefined> {
  const { git, pullRequests, settings } = repository;
  const { base } = await git.fetch();
  const asked = on?.pullRequest && pullRequests ? await pullRequests.state(on.pullRequest) : undefined;
  if (asked?.kind === 'merged') return { kind: 'merged', base, by: asked.by };
  const tree = git.tree(base);
  try {
    if (await saysAlready(await layoutOf(tree, settings), tree, change)) return { kind: 'merged', base };
  } catch (error) {
    // A repository that cannot be followed now may be mended, and says nothing new.
    if (!(error instanceof Refusal)) throw error;
  }
  if (asked?.kind === 'closed') return { kind: 'declined', by: asked.by, reason: asked.reason };
  const misfit = on && !on.foreign ? await stillFits(repository, on, base) : undefined;
  return misfit === undefined ? undefined : { kind: 'outdated', reason: misfit };
}

/** What the incident changed by hand, so to speak, may be taken back by whoever brings the cluster to what Git says. */
async function revertedNews(live: LiveObjects, { cluster, change, keepsLive }: AwaitFixRequest): Promise<FixNews | undefined> {
  if (!keepsLive) return undefined;
  const { applied, detail } = await live.standing(cluster, change);
  return applied ? undefined : { kind: 'reverted', detail };
}

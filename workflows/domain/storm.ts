import type { Leader, StormEntry, StormNews, StormStatus } from '../contracts/storm';
import type { FailureDomain, Outcome } from '../contracts/vocabulary';

/** So many failure domains at once are one thing that happened, and not several: two may well be chance. */
const MANY = 3;
/** What opens within this of each other is "at once": rules wait up to a quarter of an hour, but for the same fault about as long. In milliseconds. */
export const AT_ONCE_MS = 10 * 60_000;

/** In the order in which samples travel: what is broken further up explains what fails further down. */
const UPSTREAM: readonly FailureDomain[] = ['agent', 'receive', 'store', 'compact', 'query', 'ui', 'alerting', 'unknown'];
/** A node or the API server that is away explains everything on it. */
const WHOLE_CLUSTER = /^(KubeAPI|KubeNode|KubeletDown|KubeControllerManagerDown|NodeDown)/;

interface Member extends StormEntry {
  joinedAt: number;
}

/**
 * The open incidents of one cluster. When many open at once, the one furthest up leads and the others follow it; one that
 * opens later follows, too, or leads where it is further up still. When the leader is over, so is the storm.
 */
export class Storm {
  private readonly members = new Map<string, Member>();
  private readonly following = new Map<string, string>();
  private leader: string | undefined;
  private news: Array<{ to: string; news: StormNews }> = [];

  join(entry: StormEntry, now: number): void {
    if (this.members.has(entry.workflowId)) return;
    // What opens long after the storm has begun is another matter.
    const newest = Math.max(0, ...[...this.members.values()].map(({ joinedAt }) => joinedAt));
    if (this.leader !== undefined && now - newest > AT_ONCE_MS) return;
    this.members.set(entry.workflowId, { ...entry, joinedAt: now });
    if (this.leader === undefined) this.forget(now);
    if (this.leader !== undefined || this.members.size >= MANY) this.elect();
  }

  leave(workflowId: string, outcome: Outcome): void {
    const gone = this.members.get(workflowId);
    if (!gone || !this.members.delete(workflowId)) return;
    this.following.delete(workflowId);
    if (this.leader === undefined) return;
    if (workflowId !== this.leader) {
      this.tellLeader();
      return;
    }
    for (const follower of this.following.keys()) this.news.push({ to: follower, news: { kind: 'ended', leader: gone.publicId, outcome } });
    this.leader = undefined;
    this.members.clear();
    this.following.clear();
  }

  /** Incidents that are open for long belong to no storm that comes. */
  forget(now: number): void {
    if (this.leader !== undefined) return;
    for (const [id, { joinedAt }] of this.members) if (now - joinedAt > AT_ONCE_MS) this.members.delete(id);
  }

  get empty(): boolean {
    return this.members.size === 0;
  }

  takeNews(): Array<{ to: string; news: StormNews }> {
    const { news } = this;
    this.news = [];
    return news;
  }

  status(): StormStatus {
    const leader = this.leader === undefined ? undefined : this.members.get(this.leader);
    return { open: [...this.members.values()].map(({ joinedAt: _, ...entry }) => entry), ...(leader && { leader: leaderOf(leader) }) };
  }

  private elect(): void {
    const [first] = [...this.members.values()].sort((a, b) => rank(a) - rank(b) || a.joinedAt - b.joinedAt || (a.workflowId < b.workflowId ? -1 : 1));
    if (!first) return;
    this.leader = first.workflowId;
    this.following.delete(first.workflowId);
    for (const { workflowId } of this.members.values()) {
      if (workflowId === first.workflowId || this.following.get(workflowId) === first.workflowId) continue;
      this.following.set(workflowId, first.workflowId);
      this.news.push({ to: workflowId, news: { kind: 'follow', leader: leaderOf(first) } });
    }
    this.tellLeader();
  }

  private tellLeader(): void {
    if (this.leader === undefined) return;
    const followers = [...this.members.values()].filter(({ workflowId }) => workflowId !== this.leader).map(({ publicId }) => publicId);
    this.news.push({ to: this.leader, news: { kind: 'lead', followers } });
  }
}

function rank({ failureDomain, alertnames }: StormEntry): number {
  return alertnames.some((name) => WHOLE_CLUSTER.test(name)) ? -1 : UPSTREAM.indexOf(failureDomain);
}

function leaderOf({ workflowId, publicId, failureDomain }: StormEntry): Leader {
  return { workflowId, publicId, failureDomain };
}

import type { Leader, StormEntry, StormNews, StormState, StormStatus } from '../contracts/storm';
import type { FailureDomain, Outcome } from '../contracts/vocabulary';

/** So many failure domains at once are one thing that happened, and not several: two may well be chance. */
const MANY = 3;
/** What opens within this of each other is "at once": rules wait up to a quarter of an hour, but for the same fault about as long. In milliseconds. */
export const AT_ONCE_MS = 10 * 60_000;

/** In the order in which samples travel: what is broken further up explains what fails further down. */
const UPSTREAM: readonly FailureDomain[] = ['agent', 'receive', 'store', 'compact', 'query', 'ui', 'alerting', 'unknown'];
/** A node or the API server that is away explains everything on it. */
const WHOLE_CLUSTER = /^(KubeAPI|KubeNode|KubeletDown|KubeControllerManagerDown|NodeDown)/;

/** Of incidents that do not say for how long they may lead: an hour for a decision, half of one for the alerts to end. In milliseconds. */
const LEADS_FOR_MS = 90 * 60_000;
/** Whatever an incident says: a day, after which every follower has long been looked at by itself. */
const MOST_LEADS_FOR_MS = 24 * 3_600_000;

type Member = StormState['members'][number];

/**
 * The open incidents of one cluster. When many open at once, the one furthest up leads and the others follow it; one that
 * opens later follows, too, or leads where it is further up still. When the leader is over, so is the storm.
 */
export class Storm {
  private readonly members = new Map<string, Member>();
  private readonly following = new Map<string, string>();
  private leader: string | undefined;
  private leadsSince = 0;
  private news: Array<{ to: string; news: StormNews }> = [];

  /** @param state what a run before has handed on */
  constructor(state?: StormState) {
    for (const member of state?.members ?? []) this.members.set(member.workflowId, member);
    for (const [follower, leader] of state?.following ?? []) this.following.set(follower, leader);
    this.leader = state?.leader?.workflowId;
    this.leadsSince = state?.leader?.since ?? 0;
  }

  get state(): StormState {
    return {
      members: [...this.members.values()],
      following: [...this.following],
      ...(this.leader !== undefined && { leader: { workflowId: this.leader, since: this.leadsSince } }),
    };
  }

  /** An incident that comes again under the same workflow ID is another one: the one before is over, though it never said so. */
  replace(entry: StormEntry): void {
    const before = this.members.get(entry.workflowId);
    if (before && before.publicId !== entry.publicId) this.leave(entry.workflowId, 'handed-over');
  }

  /** A leader that never says that it is over, because somebody terminated it or it could not be heard, leads for its time and no longer. */
  expire(now: number): void {
    const leader = this.leader === undefined ? undefined : this.members.get(this.leader);
    if (!leader) return;
    const time = Math.min(leader.leadsForMs ?? LEADS_FOR_MS, MOST_LEADS_FOR_MS);
    if (now - this.leadsSince >= time) this.leave(leader.workflowId, 'handed-over');
  }

  /** News could not be delivered: whom they were for is over. */
  unreachable(workflowId: string): void {
    this.leave(workflowId, 'handed-over');
  }

  join(entry: StormEntry, now: number): void {
    if (this.members.has(entry.workflowId)) return;
    // What opens long after the storm has begun is another matter.
    const newest = Math.max(0, ...[...this.members.values()].map(({ joinedAt }) => joinedAt));
    if (this.leader !== undefined && now - newest > AT_ONCE_MS) return;
    this.members.set(entry.workflowId, { ...entry, joinedAt: now });
    if (this.leader === undefined) this.forget(now);
    if (this.leader !== undefined || this.members.size >= MANY) this.elect(now);
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

  private elect(now: number): void {
    const [first] = [...this.members.values()].sort((a, b) => rank(a) - rank(b) || a.joinedAt - b.joinedAt || (a.workflowId < b.workflowId ? -1 : 1));
    if (!first) return;
    if (this.leader !== first.workflowId) this.leadsSince = now;
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

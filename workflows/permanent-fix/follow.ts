import { allHandlersFinished, CancellationScope, condition, continueAsNew, getExternalWorkflowHandle, isCancellation, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { git, gitNews, notify, records } from '../activity-calls';
import { failureTypeOf, permanentFixWorkflowId, type FixNews, type FixStatus, type PermanentFixInput, type PermanentFixStatus, type ProposedFixes, type SettleFix, type Text } from '../contracts';
import { fixesProposed, fixRecurred, fixSettledElsewhere, retryFixes } from '../contracts/permanent-fix-messages';
import { fixAfter, isOpenFix, levelOf, openText, proposedFix, publishedFix, refusalOf, remindEveryMs, settledFix, withoutFailure } from '../domain/fixes';
import { plus } from '../domain/time';
import { reasonOf } from '../phases/incident';
import type { permanentFixWorkflow } from '../permanent-fix.workflow';

/** What a run is started with; `continued` and what has been tried come from the run before it. */
export type FollowedFixes = PermanentFixInput & { continued?: PermanentFixStatus; tried?: string[] };

/**
 * Follows the fixes of one incident until each is in the repository and seen in the cluster, or declined. Where no repository is
 * configured, or a fix is words alone, people say what became of it.
 */
export class Fixes {
  /** Tried since the last reminder: what was refused is not asked for again at once. */
  private readonly tried: Set<string>;
  /** Fixes of earlier incidents that have not heard yet that they are needed again. */
  private readonly untold: Array<[fix: string, publicId: string]>;
  /** What others are being told. */
  private readonly telling: Array<Promise<void>> = [];
  /** Counts what messages have changed. */
  private changes = 0;
  /**
   * Looks in every round whether the history has grown long: a base that goes on every few minutes makes more rounds in a week
   * than a history holds. Writes again what has changed while it was written.
   */
  private careful = false;

  constructor(
    private input: FollowedFixes,
    readonly status: PermanentFixStatus,
  ) {
    this.tried = new Set(input.tried);
    this.untold = status.nextReminderAt ? [] : Object.entries(input.earlier ?? {});
    setHandler(retryFixes, () => {
      this.tryAgain();
      this.changes += 1;
      return this.status;
    });
    setHandler(fixesProposed, (message) => {
      // Anybody who reaches Temporal may have sent it.
      if (isReadable(message)) this.propose(message);
    });
    setHandler(fixRecurred, ({ publicId }) => this.recurred(publicId));
    setHandler(fixSettledElsewhere, (message) => {
      const known = this.status.fixes.find(({ id }) => id === message.fix);
      if (known?.sameAs && refusalOf(this.status.fixes, message) === undefined) this.settle(message);
    });
  }

  get open(): FixStatus[] {
    return this.status.fixes.filter(isOpenFix);
  }

  settle(message: SettleFix): PermanentFixStatus {
    this.change(message.fix, (fix) => settledFix(fix, message, now()));
    this.changes += 1;
    return this.status;
  }

  async follow(): Promise<PermanentFixStatus> {
    this.careful = patched('2026-12-careful-rounds');
    if (!this.status.nextReminderAt) {
      await this.tellEarlier();
      this.remindLater();
    }
    for (;;) {
      await this.tellEarlier();
      await this.publish();
      const stands = await this.save();
      if (this.open.length === 0 && stands) {
        await this.untilSaid();
        if (this.open.length === 0) return this.status;
        continue;
      }
      if (this.careful) await this.continueWhereLong();
      if (!stands || (await this.untilNews())) continue;
      this.status.reminders += 1;
      await this.page('reminder', { en: `Permanent fix of ${this.status.publicId} is still open`, ko: `${this.status.publicId}의 영구 해결이 아직 열려 있음` }, this.open.map(openText));
      this.tryAgain();
      this.remindLater();
      if (!this.careful) await this.continueWhereLong();
    }
  }

  /** A history that has grown long goes on in a fresh run, with all that this one knows. */
  private async continueWhereLong(): Promise<void> {
    if (!workflowInfo().continueAsNewSuggested) return;
    await this.untilSaid();
    await continueAsNew<typeof permanentFixWorkflow>({ ...this.input, continued: this.status, tried: [...this.tried] });
  }

  /** Others have been told, also of what was settled while they were; and whoever asked has an answer. */
  private async untilSaid(): Promise<void> {
    for (let told = -1; told !== this.telling.length; ) {
      told = this.telling.length;
      await Promise.all(this.telling);
    }
    await condition(allHandlersFinished);
  }

  private tryAgain(): void {
    this.tried.clear();
    this.status.fixes = this.status.fixes.map(withoutFailure);
  }

  private change(id: string, to: (fix: FixStatus) => FixStatus): void {
    const before = this.status.fixes.find((fix) => fix.id === id);
    this.status.fixes = this.status.fixes.map((fix) => (fix.id === id ? to(fix) : fix));
    const after = this.status.fixes.find((fix) => fix.id === id);
    if (before && after && isOpenFix(before) && !isOpenFix(after)) this.tellLater(after);
  }

  /** The incident was reopened: another cause has fixes of its own, and other changes are to be kept. */
  private propose({ fixes, git: repository, recurrences = [], earlier = {} }: ProposedFixes): void {
    const added = fixes.filter(({ id }) => !this.status.fixes.some((fix) => fix.id === id));
    this.status.fixes = [...this.status.fixes, ...added.map(proposedFix)];
    this.input = { ...this.input, fixes: [...this.input.fixes.filter(({ id }) => !fixes.some((fix) => fix.id === id)), ...fixes], ...(repository && { git: repository }) };
    for (const { id, keeps } of fixes) if (keeps) this.tried.delete(id);
    this.untold.push(...Object.entries(earlier).filter(([id]) => added.some((fix) => fix.id === id)));
    this.input = { ...this.input, recurrences: [...new Set([...(this.input.recurrences ?? []), ...recurrences])] };
    for (const publicId of recurrences) this.recurred(publicId);
    this.changes += 1;
  }

  private recurred(publicId: string): void {
    this.status.recurrences = [...new Set([...(this.status.recurrences ?? []), publicId])];
    this.status.priority = 'raised';
    const sooner = plus(now(), remindEveryMs(this.status));
    if (this.status.nextReminderAt && sooner < this.status.nextReminderAt) this.status.nextReminderAt = sooner;
    this.changes += 1;
  }

  /** An earlier incident's open fix is this one, too; where nobody follows it any more, this one is on its own. */
  private async tellEarlier(): Promise<void> {
    for (const [fix, publicId] of this.untold.splice(0)) {
      try {
        await getExternalWorkflowHandle(permanentFixWorkflowId(publicId)).signal(fixRecurred, { publicId: this.status.publicId });
        this.change(fix, (known) => ({ ...known, sameAs: publicId }));
      } catch (error) {
        if (isCancellation(error)) throw error;
      }
    }
  }

  /** Whoever waits for the same fix hears what became of it; one that has been settled meanwhile need not. */
  private tellLater({ id, state, actor = 'nightshift', reason }: FixStatus): void {
    if (state === 'proposed' || state === 'published') return;
    for (const publicId of this.status.recurrences ?? []) {
      if (this.input.recurrences?.includes(publicId)) continue;
      const signal = () => getExternalWorkflowHandle(permanentFixWorkflowId(publicId)).signal(fixSettledElsewhere, { fix: id, state, actor, ...(reason && { reason }) });
      // The look that brought the news is called off a moment later; this is not.
      this.telling.push(CancellationScope.nonCancellable(signal).catch(() => undefined));
    }
  }

  private async publish(): Promise<void> {
    const { git: repository, fixes, publicId, cluster } = this.input;
    if (!repository) return;
    for (const fix of fixes) {
      const known = this.status.fixes.find(({ id }) => id === fix.id);
      if (!known || known.sameAs || !(known.state === 'proposed' || known.state === 'published') || this.tried.has(fix.id)) continue;
      if (!fix.change && !fix.keeps) continue;
      this.tried.add(fix.id);
      try {
        const result = await git(repository.queue, fix.id).gitPublishFix({ cluster, publicId, fix, kept: repository.kept, story: repository.story });
        // A person may have said meanwhile what became of it.
        if (isOpenFix(this.status.fixes.find(({ id }) => id === fix.id)!)) this.change(fix.id, (before) => publishedFix(before, result, now()));
      } catch (error) {
        if (isCancellation(error)) throw error;
        this.change(fix.id, (before) => ({ ...before, problem: failed(error) }));
      }
    }
  }

  /** @returns whether there is news; otherwise it is time to remind */
  private async untilNews(): Promise<boolean> {
    const { changes } = this;
    const until = () => Math.max(1_000, Date.parse(this.status.nextReminderAt!) - Date.now());
    let news = 0;
    const scope = new CancellationScope();
    const followed = this.open.filter(({ change, sameAs, problem }) => change && !sameAs && problem?.why !== 'failed');
    const following = scope.run(() => Promise.all(followed.map(async (fix) => {
      if (await this.followOne(fix, until())) news += 1;
    })));
    try {
      return await condition(() => news > 0 || this.changes !== changes, until());
    } finally {
      scope.cancel();
      await following;
    }
  }

  private async followOne(fix: FixStatus, untilMs: number): Promise<boolean> {
    const { git: repository, publicId, cluster, fixes } = this.input;
    if (!repository) return false;
    const keepsLive = fixes.find(({ id }) => id === fix.id)?.keeps !== undefined && !fix.reverted;
    try {
      const news = await gitNews(repository.queue, untilMs, fix.id).gitAwaitFix({ cluster, publicId, fix: fix.id, change: fix.change!, ...(fix.on && { on: fix.on }), merged: fix.state === 'merged', keepsLive });
      await this.take(fix.id, news);
      return true;
    } catch (error) {
      // Called off, or nothing new until it is time to remind; that the last look failed otherwise is worth saying.
      if (isCancellation(error) || failureTypeOf(error) === 'NotYetConverged' || failureTypeOf(error) === undefined) return false;
      this.change(fix.id, (before) => ({ ...before, problem: failed(error) }));
      return true;
    }
  }

  private async take(id: string, news: FixNews): Promise<void> {
    if (!isOpenFix(this.status.fixes.find((fix) => fix.id === id)!)) return;
    this.change(id, (fix) => fixAfter(fix, news, now()));
    if (news.kind === 'outdated') this.tried.delete(id);
    if (news.kind !== 'reverted') return;
    const { title } = this.status.fixes.find((fix) => fix.id === id)!;
    await this.page('needs-you', { en: `What ${this.status.publicId} changed was taken back: ${news.detail}`, ko: `${this.status.publicId}의 변경이 되돌려짐: ${news.detail}` }, [{ en: `Merge the fix, or it comes back: ${title.en}`, ko: `수정을 병합하지 않으면 재발합니다: ${title.ko}` }]);
  }

  private remindLater(): void {
    this.status.nextReminderAt = plus(now(), remindEveryMs(this.status));
  }

  /** @returns whether that is still how things stand */
  private async save(): Promise<boolean> {
    const { changes } = this;
    await records.recordsWriteFixes(this.status);
    return !this.careful || changes === this.changes;
  }

  /** A page that does not arrive is followed by the next reminder. */
  private async page(kind: 'reminder' | 'needs-you', title: Text, lines: Text[]): Promise<void> {
    const { publicId, cluster, reminders, priority } = this.status;
    const text = { en: lines.map(({ en }) => en).join('; '), ko: lines.map(({ ko }) => ko).join('; ') };
    await notify.notifyPage({ id: `${publicId}-fix-${kind}-${reminders}-${workflowInfo().historyLength}`, kind, publicId, cluster, severity: priority === 'raised' ? 'warning' : 'info', title, text, url: this.input.url ?? '', level: levelOf(this.status), at: now() }).catch(() => undefined);
  }
}

function isReadable(message: Partial<ProposedFixes> | null): message is ProposedFixes {
  return Array.isArray(message?.fixes) && message.fixes.every((fix: Partial<ProposedFixes['fixes'][number]> | null) => typeof fix?.id === 'string' && typeof fix.title?.en === 'string');
}

function now(): string {
  return new Date().toISOString();
}

function failed(error: unknown): NonNullable<FixStatus['problem']> {
  const reason = reasonOf(error);
  return { why: 'failed', reason: { en: reason, ko: reason } };
}

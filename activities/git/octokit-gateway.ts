import type { Octokit } from '@octokit/rest';
import { failure, failureTypeOf, type PullRequestReference } from '../../workflows/contracts';
import { callSignal } from '../call-scope';
import { statusFailure, transportFailure, type Asked } from '../http-failures';
import { plainLine } from '../redact';
import type { PullRequestGateway, PullRequestState, PullRequestText } from './gateway';
import type { GitSettings } from './settings';

type GitHub = NonNullable<GitSettings['github']>;

/** GitHub answers within seconds, or is away. In milliseconds. */
const TIMEOUT_MS = 20_000;
/** A wait that GitHub asks for and that is longer than this is for Temporal: no activity sits it out. In seconds. */
const LONGEST_WAIT_S = 10;
/** GitHub's own advice where a secondary limit names no wait. In milliseconds. */
const SECONDARY_WAIT_MS = 60_000;
const LONGEST_REASON = 300;

/**
 * Pull requests through GitHub's REST API, of github.com or of an Enterprise server. Short waits are sat out by the plugins;
 * longer ones are RateLimited with the wait that was asked for.
 */
export function octokitGateway(github: GitHub, base: string): PullRequestGateway {
  return new OctokitGateway(github, base);
}

class OctokitGateway implements PullRequestGateway {
  private client: Promise<Octokit> | undefined;

  constructor(
    private readonly github: GitHub,
    private readonly base: string,
  ) {}

  async open({ branch, title, body }: PullRequestText): Promise<PullRequestReference> {
    const { owner, repo } = this.github;
    const known = await this.openOf(branch);
    if (known) {
      if (known.title !== title || (known.body ?? '') !== body) await this.ask(`PATCH pull request ${known.number}`, (octokit) => octokit.rest.pulls.update({ owner, repo, pull_number: known.number, title, body }));
      return { number: known.number, url: known.html_url };
    }
    const made = await this.ask('POST pulls', (octokit) => octokit.rest.pulls.create({ owner, repo, title, body, head: branch, base: this.base }), async (status) => {
      // Another worker, or an attempt whose answer was lost, was faster.
      const other = status === 422 ? await this.openOf(branch) : undefined;
      return other && { data: other };
    });
    await this.adorn(made.data.number);
    return { number: made.data.number, url: made.data.html_url };
  }

  async state({ number }: PullRequestReference): Promise<PullRequestState> {
    const { owner, repo } = this.github;
    const { data: pull } = await this.ask(`GET pull request ${number}`, (octokit) => octokit.rest.pulls.get({ owner, repo, pull_number: number }));
    if (pull.merged) return { kind: 'merged', by: pull.merged_by?.login ?? 'GitHub' };
    if (pull.state === 'open') return { kind: 'open' };
    const { data: issue } = await this.ask(`GET issue ${number}`, (octokit) => octokit.rest.issues.get({ owner, repo, issue_number: number }));
    const by = issue.closed_by?.login ?? 'GitHub';
    return { kind: 'closed', by, reason: (await this.lastWord(number, by)) ?? `pull request #${number} was closed without being merged` };
  }

  compareUrl(branch: string): string {
    const { apiUrl, owner, repo } = this.github;
    const site = apiUrl === 'https://api.github.com' ? 'https://github.com' : apiUrl.replace(/\/api\/v3$/, '');
    return `${site}/${owner}/${repo}/compare/${encodeURIComponent(this.base)}...${branch.split('/').map(encodeURIComponent).join('/')}`;
  }

  private async openOf(branch: string): Promise<{ number: number; html_url: string; title: string; body: string | null } | undefined> {
    const { owner, repo } = this.github;
    const { data } = await this.ask('GET pulls', (octokit) => octokit.rest.pulls.list({ owner, repo, state: 'open', head: `${owner}:${branch}`, base: this.base, per_page: 5 }));
    // A server that does not know the filter answers with all.
    return data.find(({ head }) => head.ref === branch);
  }

  /** Labels and reviewers are a courtesy: a login that is not there must not keep the fix from being proposed. */
  private async adorn(number: number): Promise<void> {
    const { owner, repo, labels, reviewers } = this.github;
    const courtesy = async (request: string, call: (octokit: Octokit) => Promise<unknown>) => {
      try {
        await this.ask(request, call);
      } catch (error) {
        const type = failureTypeOf(error);
        if (type !== 'UpstreamRejected' && type !== 'TargetNotFound' && type !== 'NotAuthorized') throw error;
      }
    };
    if (labels.length > 0) await courtesy('POST labels', (octokit) => octokit.rest.issues.addLabels({ owner, repo, issue_number: number, labels }));
    if (reviewers.length > 0) await courtesy('POST reviewers', (octokit) => octokit.rest.pulls.requestReviewers({ owner, repo, pull_number: number, reviewers }));
  }

  /** What whoever closed it wrote last: why it is declined. */
  private async lastWord(number: number, by: string): Promise<string | undefined> {
    const { owner, repo } = this.github;
    const comments = await this.ask('GET comments', async (octokit) => ({ data: await octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: number, per_page: 100 }) }));
    const last = comments.data.filter(({ user }) => user?.login === by).at(-1);
    return last?.body ? plainLine(last.body, LONGEST_REASON, [this.github.token]) : undefined;
  }

  /** @param instead what a refusal means here; undefined where it is one */
  private async ask<Answer>(request: string, call: (octokit: Octokit) => Promise<Answer>, instead: (status: number) => Promise<Answer | undefined> = () => Promise.resolve(undefined)): Promise<Answer> {
    const asked: Asked = { system: 'GitHub', request };
    try {
      return await call(await this.octokit());
    } catch (error) {
      const { status, response, message } = error as RequestFailure;
      if (failureTypeOf(error) || status === undefined) throw failureTypeOf(error) ? error : transportFailure(error, asked);
      if (response === undefined) throw transportFailure((error as Error).cause ?? error, asked);
      const answer = await instead(status);
      if (answer !== undefined) return answer;
      const limited = waitOf(status, response.headers, message);
      if (limited !== undefined) throw failure('RateLimited', `GitHub's rate limit is used up (${request}); it is asked again in ${Math.ceil(limited / 1000)} s`, { nextRetryMs: limited });
      throw statusFailure(status, asked, { reason: reasonIn(response.data, message), secrets: [this.github.token] });
    }
  }

  private octokit(): Promise<Octokit> {
    this.client ??= this.connect();
    return this.client;
  }

  private async connect(): Promise<Octokit> {
    const [{ Octokit: Client }, { retry }, { throttling }] = await Promise.all([import('@octokit/rest'), import('@octokit/plugin-retry'), import('@octokit/plugin-throttling')]);
    const quiet = () => undefined;
    const soon = (retryAfter: number, _options: object, _octokit: object, retryCount: number) => retryAfter <= LONGEST_WAIT_S && retryCount < 2;
    return new (Client.plugin(retry, throttling))({
      auth: this.github.token,
      baseUrl: this.github.apiUrl,
      userAgent: 'nightshift',
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      request: { fetch: (url: string, init: RequestInit) => fetch(url, { ...init, redirect: 'manual', signal: callSignal(TIMEOUT_MS) }) },
      // 409 and the like do not go away by asking again.
      retry: { doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 429, 451], retries: 2 },
      throttle: { onRateLimit: soon, onSecondaryRateLimit: soon, id: this.github.apiUrl },
    });
  }
}

interface RequestFailure {
  status?: number;
  message: string;
  response?: { headers: Record<string, string | number | undefined>; data: unknown };
}

/** The wait that a rate limit asks for, in milliseconds; undefined where the refusal is none. */
function waitOf(status: number, headers: Record<string, string | number | undefined>, message: string): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const retryAfter = Number(headers['retry-after']);
  if (Number.isFinite(retryAfter)) return retryAfter * 1000;
  if (headers['x-ratelimit-remaining'] === '0') return Math.max(1_000, Number(headers['x-ratelimit-reset']) * 1000 - Date.now() + 1_000);
  return status === 429 || /secondary rate limit/i.test(message) ? SECONDARY_WAIT_MS : undefined;
}

/** GitHub's message, and the errors that it lists with a 422. */
function reasonIn(data: unknown, message: string): string {
  const { message: said, errors } = (typeof data === 'object' && data !== null ? data : {}) as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map((item: unknown) => (typeof item === 'string' ? item : ((item as { message?: string }).message ?? ''))).filter(Boolean) : [];
  return [typeof said === 'string' ? said : message, ...details].join('; ');
}

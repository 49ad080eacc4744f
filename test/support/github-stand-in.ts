import type * as http from 'node:http';
import { json, WireServer } from './wire-server';

interface Pull {
  number: number;
  title: string;
  body: string;
  head: string;
  base: string;
  state: 'open' | 'closed';
  merged_by?: string;
  closed_by?: string;
}

/**
 * GitHub's REST API (2022-11-28) as far as permanent fixes use it, by its documentation: status codes, bodies of errors, rate limit
 * headers. With a prefix such as /api/v3 it is an Enterprise server.
 */
export class GitHubStandIn {
  readonly pulls: Pull[] = [];
  readonly comments: Array<{ number: number; login: string; body: string }> = [];
  readonly labels: string[] = [];
  /** Answers a request in place of the stand-in; what it returns is counted down. */
  limits: Array<(response: http.ServerResponse) => void> = [];
  /** Runs before a pull request is made: another worker may be faster. */
  beforeCreate: () => void = () => undefined;
  token = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
  remaining = 4_999;

  private constructor(readonly server: WireServer, private readonly prefix: string) {
    server.handler = (request, response, body) => this.answer(request, response, body);
  }

  static async start(prefix = ''): Promise<GitHubStandIn> {
    return new GitHubStandIn(await WireServer.start(), prefix);
  }

  get apiUrl(): string {
    return `${this.server.url}${this.prefix}`;
  }

  add(pull: Partial<Pull> & Pick<Pull, 'head'>): Pull {
    const made: Pull = { number: this.pulls.length + 1, title: 't', body: 'b', base: 'main', state: 'open', ...pull };
    this.pulls.push(made);
    return made;
  }

  requests(): string[] {
    return this.server.seen.map(({ line }) => line);
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse, body: string): void {
    const url = new URL(request.url ?? '', this.server.url);
    const headers = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': String(this.remaining), 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3_600), 'x-github-request-id': 'A1' };
    const say = (status: number, answer: unknown) => json(response, status, answer, headers);
    const limit = this.limits.shift();
    if (limit) return limit(response);
    if (request.headers.authorization !== `token ${this.token}`) return say(401, { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' });
    const [, number, what] = /^\/repos\/acme\/gitops\/(?:pulls|issues)(?:\/(\d+))?(?:\/(\w+))?$/.exec(url.pathname.slice(this.prefix.length)) ?? [];
    if (!url.pathname.startsWith(`${this.prefix}/repos/acme/gitops/`)) return say(404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' });
    const pull = this.pulls.find((one) => String(one.number) === number);
    const route = `${request.method} ${number === undefined ? 'pulls' : url.pathname.includes('/issues/') ? 'issue' : 'pull'}${what ? `/${what}` : ''}`;
    if (number !== undefined && !pull) return say(404, { message: 'Not Found', status: '404' });
    const given = (body ? JSON.parse(body) : {}) as { title?: string; body?: string; head?: string; base?: string; labels?: string[]; reviewers?: string[] };
    switch (route) {
      case 'GET pulls': {
        const head = url.searchParams.get('head');
        return say(200, this.pulls.filter((one) => one.state === (url.searchParams.get('state') ?? 'open') && (head === null || head === `acme:${one.head}`)).map((one) => this.shown(one)));
      }
      case 'POST pulls':
        this.beforeCreate();
        if (this.pulls.some((one) => one.head === given.head && one.state === 'open')) return say(422, { message: 'Validation Failed', errors: [{ resource: 'PullRequest', code: 'custom', message: `A pull request already exists for acme:${given.head ?? ''}.` }], status: '422' });
        return say(201, this.shown(this.add({ head: given.head ?? '', title: given.title ?? '', body: given.body ?? '', base: given.base ?? '' })));
      case 'PATCH pull':
        Object.assign(pull!, given);
        return say(200, this.shown(pull!));
      case 'GET pull':
        return say(200, this.shown(pull!));
      case 'GET issue':
        return say(200, { number: pull!.number, state: pull!.state, closed_by: pull!.closed_by ? { login: pull!.closed_by } : null });
      case 'GET issue/comments':
        return say(200, this.comments.filter((comment) => comment.number === pull!.number).map(({ login, body: text }) => ({ body: text, user: { login } })));
      case 'POST issue/labels':
        this.labels.push(...(given.labels ?? []));
        return say(200, []);
      case 'POST pull/requested_reviewers':
        return given.reviewers?.includes('nobody') ? say(422, { message: 'Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the acme/gitops repository.', status: '422' }) : say(201, this.shown(pull!));
      default:
        return say(404, { message: 'Not Found', status: '404' });
    }
  }

  private shown({ number, title, body, head, base, state, merged_by: by }: Pull): object {
    return { number, title, body, state, merged: by !== undefined, merged_by: by ? { login: by } : null, head: { ref: head }, base: { ref: base }, html_url: `https://github.example/acme/gitops/pull/${number}` };
  }
}

/** 403 with Retry-After, as for content that is made too fast. */
export function secondaryLimit(seconds: number): (response: http.ServerResponse) => void {
  return (response) => json(response, 403, { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.', documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api', status: '403' }, { 'retry-after': String(seconds) });
}

/** The hour's requests are used up. */
export function primaryLimit(resetInSeconds: number): (response: http.ServerResponse) => void {
  return (response) => json(response, 403, { message: 'API rate limit exceeded for user ID 1.', status: '403' }, { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + resetInSeconds) });
}

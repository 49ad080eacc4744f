import { octokitGateway } from '../../../activities/git/octokit-gateway';
import { failureTypeOf } from '../../../workflows/contracts';
import { GitHubStandIn, primaryLimit, secondaryLimit } from '../../support/github-stand-in';
import { json } from '../../support/wire-server';
import { layoutFiles, ServedRepository } from '../../support/git-repository';
import { BRANCH, GitWorker, MEMORY, PUBLIC_ID } from './harness';

let github: GitHubStandIn;
afterEach(() => github.server.stop());

const TEXT = { branch: BRANCH, title: 'Size the memory', body: 'Because.' };
const gateway = (change: Partial<Parameters<typeof octokitGateway>[0]> = {}) => octokitGateway({ apiUrl: github.apiUrl, owner: 'acme', repo: 'gitops', token: github.token, labels: [], reviewers: [], ...change }, 'main');
const failed = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error as { message: string; nextRetryDelay?: number });

describe.each([['github.com', ''], ['an Enterprise server', '/api/v3']])('pull requests on %s', (_, prefix) => {
  beforeEach(async () => {
    github = await GitHubStandIn.start(prefix);
  });

  it('made, with labels and reviewers; asked for again, the same one, brought up to date', async () => {
    const pullRequests = gateway({ labels: ['nightshift'], reviewers: ['minji'] });
    expect(await pullRequests.open(TEXT)).toEqual({ number: 1, url: 'https://github.example/acme/gitops/pull/1' });
    expect(github.labels).toEqual(['nightshift']);
    await pullRequests.open(TEXT);
    await pullRequests.open({ ...TEXT, title: 'Size the memory, again' });
    expect(github.pulls).toMatchObject([{ number: 1, title: 'Size the memory, again', head: BRANCH, base: 'main' }]);
    expect(github.requests().filter((line) => line.startsWith('POST') && line.endsWith('/pulls'))).toHaveLength(1);
  });
});

describe('what GitHub answers', () => {
  beforeEach(async () => {
    github = await GitHubStandIn.start();
  });

  it('422, it exists already: the one that another worker made', async () => {
    github.beforeCreate = () => {
      if (github.pulls.length === 0) github.add({ head: BRANCH });
    };
    expect(await gateway().open(TEXT)).toEqual({ number: 1, url: 'https://github.example/acme/gitops/pull/1' });
    expect(github.pulls).toHaveLength(1);
  });

  it('422 for another reason: said with what it lists', async () => {
    github.limits = [(response) => json(response, 200, []), (response) => json(response, 422, { message: 'Validation Failed', errors: [{ message: 'No commits between main and x' }] })];
    const error = await failed(gateway().open(TEXT));
    expect([failureTypeOf(error), error?.message]).toEqual(['UpstreamRejected', expect.stringContaining('Validation Failed; No commits between main and x')]);
  });

  it.each([
    ['401', () => gateway({ token: 'ghp_wrongwrongwrongwrong' }), 'NotAuthorized'],
    ['404, as for a repository that the token may not see', () => gateway({ repo: 'other' }), 'TargetNotFound'],
  ])('%s: what it means, and no token', async (__, make, type) => {
    const error = await failed(make().open(TEXT));
    expect(failureTypeOf(error)).toBe(type);
    expect(error?.message).not.toMatch(/ghp_/);
  });

  it('403 that is no rate limit: not asked again', async () => {
    github.limits = [(response) => json(response, 403, { message: 'Resource not accessible by personal access token' }, { 'x-ratelimit-remaining': '4000' })];
    const error = await failed(gateway().open(TEXT));
    expect([failureTypeOf(error), error?.message]).toEqual(['NotAuthorized', expect.stringContaining('Resource not accessible')]);
    expect(github.requests()).toHaveLength(1);
  });

  it('a secondary rate limit of a second is sat out', async () => {
    github.limits = [secondaryLimit(1)];
    expect((await gateway().open(TEXT)).number).toBe(1);
  });

  it('one of minutes, and the hour’s limit, are for later: with the wait that was asked for', async () => {
    github.limits = [secondaryLimit(120)];
    expect(await failed(gateway().open(TEXT))).toMatchObject({ type: 'RateLimited', nextRetryDelay: 120_000 });
    github.limits = [primaryLimit(600)];
    const error = await failed(gateway().open(TEXT));
    expect(error).toMatchObject({ type: 'RateLimited' });
    expect(error?.nextRetryDelay).toBeGreaterThan(590_000);
    expect(error?.nextRetryDelay).toBeLessThan(610_000);
  });

  it('502 once is asked again', async () => {
    github.limits = [(response) => response.writeHead(502).end('<html>')];
    expect((await gateway().open(TEXT)).number).toBe(1);
  });

  it('nobody answers', async () => {
    const error = await failed(gateway({ apiUrl: 'http://127.0.0.1:9' }).open(TEXT));
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
  }, 60_000);

  it('a reviewer that is not there keeps nothing from being proposed', async () => {
    expect((await gateway({ reviewers: ['nobody'] }).open(TEXT)).number).toBe(1);
  });

  it('merged, open, closed with the last word of whoever closed it', async () => {
    const pullRequests = gateway();
    const reference = await pullRequests.open(TEXT);
    expect(await pullRequests.state(reference)).toEqual({ kind: 'open' });
    Object.assign(github.pulls[0]!, { state: 'closed', closed_by: 'lee' });
    expect(await pullRequests.state(reference)).toEqual({ kind: 'closed', by: 'lee', reason: 'pull request #1 was closed without being merged' });
    github.comments.push({ number: 1, login: 'lee', body: 'We scale by hand.\n\nNot now.' }, { number: 1, login: 'bot', body: 'stale' });
    expect(await pullRequests.state(reference)).toMatchObject({ reason: 'We scale by hand. Not now.' });
    Object.assign(github.pulls[0]!, { merged_by: 'minji' });
    expect(await pullRequests.state(reference)).toEqual({ kind: 'merged', by: 'minji' });
  });
});

it('a fix on its way: branch, pull request, declined there because', async () => {
  github = await GitHubStandIn.start();
  const repository = new ServedRepository(layoutFiles('plain'));
  const worker = new GitWorker(repository, { directory: 'cluster-03' }, gateway());
  try {
    const { on, change } = await worker.published(MEMORY);
    expect(on.pullRequest).toEqual({ number: 1, url: 'https://github.example/acme/gitops/pull/1' });
    expect(github.pulls[0]).toMatchObject({ title: 'Size the receivers’ memory', head: BRANCH, base: 'main', body: expect.stringContaining('**Incident** [20261122-3f9ab21c](http://127.0.0.1:8088/incidents/20261122-3f9ab21c): Receivers are killed') });
    expect((await worker.published(MEMORY)).on).toEqual(on);
    Object.assign(github.pulls[0]!, { state: 'closed', closed_by: 'lee' });
    expect(await worker.activities.gitAwaitFix({ cluster: 'cluster-03', publicId: PUBLIC_ID, fix: 'size-memory', change, on, merged: false, keepsLive: false })).toEqual({ kind: 'declined', by: 'lee', reason: 'pull request #1 was closed without being merged' });
  } finally {
    repository.remove();
    worker.remove();
  }
});

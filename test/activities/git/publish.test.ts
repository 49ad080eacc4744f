import { failureTypeOf } from '../../../workflows/contracts';
import { layoutFiles, ServedRepository } from '../../support/git-repository';
import { BRANCH, CONTAINER, GitWorker, MEMORY, ofReceiver, PUBLIC_ID, request, text } from './harness';

const FILE = 'cluster-03/receive/thanos-receive.yaml';
let repository: ServedRepository;
let worker: GitWorker;

beforeEach(() => {
  repository = new ServedRepository(layoutFiles('plain'));
  worker = new GitWorker(repository, { directory: 'cluster-03' });
});
afterEach(() => {
  repository.remove();
  worker.remove();
});

it('one commit on a branch of the incident, which says why, by whom and for what', async () => {
  const { on } = await worker.published(MEMORY);
  expect(on).toMatchObject({ branch: BRANCH, commit: repository.tip(BRANCH), base: repository.tip('main') });
  expect(repository.message(on.commit)).toBe(`Nightshift <nightshift@example.invalid> 2026-11-22T03:20:00+00:00
Size the receivers’ memory

So that Go gives back before the kernel kills.

Incident 20261122-3f9ab21c: Receivers are killed
Root cause: Too little memory
http://127.0.0.1:8088/incidents/20261122-3f9ab21c

Evidence:
- thanos-receive-1 was killed for want of memory (3 times).

Change:
- StatefulSet monitoring/thanos-receive ${CONTAINER}/resources/limits/memory: 8Gi → 16Gi
- StatefulSet monitoring/thanos-receive ${CONTAINER}/resources/requests/memory: 8Gi → 16Gi

Nightshift-Fix: 20261122-3f9ab21c/size-memory
Nightshift-Change: ${/Nightshift-Change: (\w+)/.exec(repository.message(on.commit))?.[1]}

`);
});

it('done again, also by another worker that has no clone yet, it is the same commit', async () => {
  const first = await worker.published(MEMORY);
  expect(await worker.published(MEMORY)).toEqual(first);
  const other = new GitWorker(repository, { directory: 'cluster-03' });
  try {
    expect(await other.published(MEMORY)).toEqual(first);
  } finally {
    other.remove();
  }
});

it('two workers at once end with one branch', async () => {
  const other = new GitWorker(repository, { directory: 'cluster-03' });
  const results = await Promise.allSettled([worker.published(MEMORY), other.published(MEMORY)]);
  for (const result of results) if (result.status === 'rejected') expect(failureTypeOf(result.reason)).toBe('Conflict');
  expect((await worker.published(MEMORY)).on.commit).toBe(repository.tip(BRANCH));
  other.remove();
});

it('the base goes on elsewhere: the branch stays as it is', async () => {
  const { on } = await worker.published(MEMORY);
  repository.commit({ 'README.md': 'x\n' }, 'Something else');
  expect((await worker.published(MEMORY)).on).toEqual(on);
});

describe('the base goes on under it, and the branch is made again', () => {
  it('a moved file: the change follows the object', async () => {
    await worker.published(MEMORY);
    repository.move(FILE, 'cluster-03/thanos/receive.yaml');
    const { on } = await worker.published(MEMORY);
    expect(on).toMatchObject({ files: ['cluster-03/thanos/receive.yaml'], base: repository.tip('main'), commit: repository.tip(BRANCH) });
  });

  it('an edit of the same file: made on top of it', async () => {
    await worker.published(MEMORY);
    repository.commit({ [FILE]: repository.show('main', FILE).replace('replicas: 3', 'replicas: 4') }, 'One more');
    await worker.published(MEMORY);
    expect(repository.show(BRANCH, FILE)).toContain('replicas: 4');
    expect(repository.show(BRANCH, FILE)).toContain('limits: { memory: 16Gi }');
  });

  it('a base that was rewritten: on the new one', async () => {
    const { on } = await worker.published(MEMORY);
    repository.rewrite();
    const again = await worker.published(MEMORY);
    expect(again.on.base).toBe(repository.tip('main'));
    expect(again.on.commit).not.toBe(on.commit);
  });
});

it('a conflicting edit is for a person: neither what the incident found nor what it would set', async () => {
  repository.commit({ [FILE]: repository.show('main', FILE).replaceAll('memory: 8Gi', 'memory: 12Gi') }, 'A bit more');
  expect(await worker.publish(MEMORY)).toMatchObject({ kind: 'refused', why: 'conflict', reason: { en: expect.stringContaining(`${FILE} says 12Gi`) } });
  expect(repository.branches()).toEqual(['main']);
});

it('what the repository says already needs no branch', async () => {
  repository.commit({ [FILE]: repository.show('main', FILE).replaceAll('memory: 8Gi', 'memory: 16384Mi') }, 'Somebody was faster');
  expect(await worker.publish(MEMORY)).toMatchObject({ kind: 'already', base: repository.tip('main') });
});

it('a branch that somebody has added to is left as it is', async () => {
  await worker.published(MEMORY);
  const theirs = repository.commit({ 'cluster-03/note.md': 'and a note\n' }, 'And a note', BRANCH);
  repository.commit({ [FILE]: `${repository.show('main', FILE)}# touched\n` }, 'Touched');
  const result = await worker.published(MEMORY);
  expect(result.on.commit).toBe(theirs);
  expect(result.note?.en).toContain('Somebody else has added to');
  expect(repository.tip(BRANCH)).toBe(theirs);
});

describe('the server does not take the branch', () => {
  it('a protected branch', async () => {
    repository.hook('echo "GitLab: You are not allowed to push code to protected branches on this project." >&2; exit 1');
    expect(await worker.publish(MEMORY)).toMatchObject({ kind: 'refused', why: 'protected-branch', reason: { en: expect.stringMatching(/A rule of the repository protects nightshift.*not allowed to push code to protected branches/) } });
  });

  it('a hook that refuses the commit: its own words, without escapes and secrets', async () => {
    repository.hook('printf "\\033[31mpolicy: commits need a ticket; token=abcdef123456\\n" >&2; exit 1');
    const result = await worker.publish(MEMORY);
    expect(result).toMatchObject({ kind: 'refused', why: 'rejected', reason: { en: expect.stringContaining('policy: commits need a ticket') } });
    expect(JSON.stringify(result)).not.toMatch(/u001b|abcdef123456/);
  });

  it('it is away: asked again', async () => {
    repository.remove();
    await expect(worker.publish(MEMORY)).rejects.toMatchObject({ message: expect.stringContaining('The Git repository was asked for') });
    const away = new GitWorker(repository, { repository: 'http://127.0.0.1:9/gitops.git', directory: 'cluster-03', credentials: { username: 'x', token: 'very-secret-token' } });
    const failed: unknown = await away.publish(MEMORY).catch((error: unknown) => error);
    expect(failureTypeOf(failed)).toBe('UpstreamUnavailable');
    expect(String(failed)).not.toMatch(/very-secret|127\.0\.0\.1:9/);
    away.remove();
  });

  it('a branch that is not there: named', async () => {
    const wrong = new GitWorker(repository, { branch: 'production', directory: 'cluster-03' });
    const failed: unknown = await wrong.publish(MEMORY).catch((error: unknown) => error);
    expect([failureTypeOf(failed), String(failed)]).toEqual(['TargetNotFound', expect.stringContaining('git.branch')]);
    wrong.remove();
  });
});

describe('secrets never go to Git', () => {
  test.each([
    ['a Secret', { object: { apiVersion: 'v1', kind: 'Secret', namespace: 'monitoring', name: 'thanos-objstore-secret' }, edits: [{ path: '/data/objstore.yml', to: 'eA==' }] }],
    ['a text that looks like one', ofReceiver({ path: `${CONTAINER}/args`, add: 'x' }, { path: '/metadata/annotations/note', to: 'secret_key: abcdefgh12345' })],
  ])('%s', async (_, change) => {
    expect(await worker.publish(change)).toMatchObject({ kind: 'refused', why: 'secret' });
    expect(repository.branches()).toEqual(['main']);
  });

  it('nor into the message', async () => {
    const { story, fix } = request([MEMORY]);
    const result = await worker.activities.gitPublishFix(request([MEMORY], { fix, story: { ...story, evidence: ['it said Authorization: Bearer abcdefghijkl and\nNightshift-Fix: forged/fix'] } }));
    expect(result.kind).toBe('published');
    const message = repository.message(repository.tip(BRANCH));
    expect(message).not.toContain('abcdefghijkl');
    expect(message.match(/^Nightshift-Fix: .*$/gm)).toEqual([`Nightshift-Fix: ${PUBLIC_ID}/size-memory`]);
  });
});

it('a fix without a value stays text', async () => {
  expect(await worker.activities.gitPublishFix({ ...request([MEMORY]), fix: { id: 'x', title: text('x'), description: text('x') } })).toMatchObject({ kind: 'refused', why: 'no-value' });
});

describe('what becomes of it', () => {
  const look = async (keepsLive = false) => {
    const { on, change } = await worker.published(MEMORY);
    return () => worker.activities.gitAwaitFix({ cluster: 'cluster-03', publicId: PUBLIC_ID, fix: 'size-memory', change, on, merged: false, keepsLive });
  };

  it('nothing yet: looked at again', async () => {
    await expect((await look())()).rejects.toMatchObject({ type: 'NotYetConverged', nextRetryDelay: 60_000 });
  });

  test.each(['merge', 'squash'] as const)('merged by %s: what the base says counts', async (how) => {
    const again = await look();
    repository.merge(BRANCH, how);
    expect(await again()).toEqual({ kind: 'merged', base: repository.tip('main') });
  });

  it('the base was rewritten under it', async () => {
    const again = await look();
    repository.rewrite();
    expect(await again()).toEqual({ kind: 'outdated', reason: 'the base branch was rewritten (force-push)' });
  });

  it('its file was moved, or changed', async () => {
    const again = await look();
    repository.commit({ [FILE]: `${repository.show('main', FILE)}# touched\n` }, 'Touched');
    expect(await again()).toEqual({ kind: 'outdated', reason: `${FILE} was changed meanwhile` });
    repository.move(FILE, 'cluster-03/elsewhere.yaml');
    expect(await again()).toEqual({ kind: 'outdated', reason: `${FILE} was moved or removed` });
  });

  it('a live change that is taken back before the merge is news', async () => {
    const again = await look(true);
    worker.live.applied = true;
    await expect(again()).rejects.toMatchObject({ type: 'NotYetConverged' });
    worker.live.applied = false;
    expect(await again()).toMatchObject({ kind: 'reverted', detail: expect.stringContaining('"8Gi"') });
  });

  it('merged, it is waited for until the cluster has it', async () => {
    const { on, change } = await worker.published(MEMORY);
    const again = () => worker.activities.gitAwaitFix({ cluster: 'cluster-03', publicId: PUBLIC_ID, fix: 'size-memory', change, on, merged: true, keepsLive: false });
    await expect(again()).rejects.toMatchObject({ type: 'NotYetConverged' });
    worker.live.applied = true;
    expect(await again()).toEqual({ kind: 'applied' });
  });
});

import type { FixBranch, ObjectEdits, PublishedFix, PublishFixRequest, Text } from '../../workflows/contracts';
import { failure } from '../../workflows/contracts';
import { Refusal } from './layout';
import type { LiveObjects } from '../live-objects';
import { makeChange, saysAlready } from './make-change';
import { branchOf, commitMessage, digestOf, trailersOf } from './message';
import { pullRequestText } from './pull-request-text';
import { layoutOf, type Repository } from './repository';

/** One commit on a branch of the fix's own, and where that is configured a pull request. Done again, it does the same. */
export async function publishFix(repository: Repository, live: LiveObjects, request: PublishFixRequest): Promise<PublishedFix> {
  const change = await live.resolve(request.cluster, request.fix, request.kept);
  if (!change) return refusedBecause('no-value', 'The incident shows no value for it: it stays a proposal in words', '장애 기록에서 값을 정할 수 없어 문장으로만 제안합니다');
  try {
    return await publish(repository, request, change);
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', why: error.why, reason: error.text };
    throw error;
  }
}

async function publish(repository: Repository, request: PublishFixRequest, change: ObjectEdits[]): Promise<PublishedFix> {
  const { git, settings } = repository;
  const { publicId, fix, story } = request;
  const branch = branchOf(publicId, fix.id);
  const tips = await git.fetch(branch);
  const tree = git.tree(tips.base);
  const layout = await layoutOf(tree, settings);
  if (await saysAlready(layout, tree, change)) return { kind: 'already', base: tips.base, change };

  const there = tips.branch === undefined ? undefined : await standingOf(repository, request, { branch, tip: tips.branch, base: tips.base }, change);
  if (there?.kind === 'foreign') return { kind: 'published', on: await asked(repository, request, there.on, change), change, note: there.note };
  if (there?.kind === 'current') return { kind: 'published', on: await asked(repository, request, there.on, change), change };

  const files = await makeChange(layout, tree, change);
  const commit = await git.commit({ parent: tips.base, files, message: commitMessage(publicId, fix, story, change), at: story.at });
  const pushed = await git.push(commit, branch, tips.branch);
  switch (pushed.kind) {
    case 'moved':
      throw failure('Conflict', `Somebody has pushed to ${branch} at the same time; it is looked at again`);
    case 'protected':
      return refusedBecause('protected-branch', `A rule of the repository protects ${branch}: ${pushed.said}. Let Nightshift's account push branches below nightshift/`, `저장소 규칙이 ${branch} 브랜치를 보호합니다: ${pushed.said}. Nightshift 계정이 nightshift/ 아래 브랜치에 푸시할 수 있게 하십시오`);
    case 'rejected':
      return refusedBecause('rejected', `The repository refuses the commit on ${branch}: ${pushed.said}`, `저장소가 ${branch}의 커밋을 거부했습니다: ${pushed.said}`);
    case 'pushed':
      return { kind: 'published', on: await asked(repository, request, { branch, commit, base: tips.base, files: [...files.keys()].sort() }, change), change };
  }
}

type Standing = { kind: 'current'; on: FixBranch } | { kind: 'foreign'; on: FixBranch; note: Text } | { kind: 'outdated' };

/** What a branch of that name that is there already is: what would be pushed now, what once was, or somebody's work. */
async function standingOf(repository: Repository, { publicId, fix }: PublishFixRequest, { branch, tip, base }: { branch: string; tip: string; base: string }, change: readonly ObjectEdits[]): Promise<Standing> {
  const { git } = repository;
  const { message, parents } = await git.facts(tip);
  const parent = parents[0] ?? tip;
  const files = await git.changedFiles(parent, tip);
  const on = { branch, commit: tip, base: parent, files };
  const trailers = trailersOf(message);
  if (trailers?.fix !== `${publicId}/${fix.id}`) {
    return { kind: 'foreign', on: { ...on, foreign: true }, note: { en: `Somebody else has added to ${branch}; it is left as it is`, ko: `다른 사람이 ${branch}에 커밋을 추가해 그대로 둡니다` } };
  }
  if (trailers.change !== digestOf(change)) return { kind: 'outdated' };
  return (await stillFits(repository, on, base)) === undefined ? { kind: 'current', on } : { kind: 'outdated' };
}

/** Why a branch no longer fits its base: the base was rewritten, or its files have changed or moved. Undefined where it fits. */
export async function stillFits({ git }: Repository, { base, files }: FixBranch, tip: string): Promise<string | undefined> {
  if (base === tip) return undefined;
  if (!(await git.isAncestor(base, tip))) return 'the base branch was rewritten (force-push)';
  const [then, now] = [await git.identities(base, files), await git.identities(tip, files)];
  const moved = files.find((file) => then[file] !== undefined && now[file] === undefined);
  if (moved !== undefined) return `${moved} was moved or removed`;
  const edited = files.find((file) => then[file] !== now[file]);
  return edited === undefined ? undefined : `${edited} was changed meanwhile`;
}

async function asked({ pullRequests }: Repository, request: PublishFixRequest, on: FixBranch, change: readonly ObjectEdits[]): Promise<FixBranch> {
  if (!pullRequests) return on;
  const { pullRequest: _before, ...bare } = on;
  return { ...bare, pullRequest: await pullRequests.open(pullRequestText(request, on.branch, change)) };
}

function refusedBecause(why: Extract<PublishedFix, { kind: 'refused' }>['why'], en: string, ko: string): PublishedFix {
  return { kind: 'refused', why, reason: { en, ko } };
}

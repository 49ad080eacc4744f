import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SimpleGit } from 'simple-git';
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/contracts';
import { plainLine } from '../redact';
import type { CommitFacts, GitGateway, NewCommit, PushResult, RepositoryTree } from './gateway';
import type { GitSettings } from './settings';

/** A server that sends nothing for this long is away. In milliseconds. */
const SILENCE_MS = 30_000;
/** How much of a server's words is shown. */
const LONGEST_SAID = 300;

/** What git may know of this process: how to reach the server, and nothing else. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
const GUARDED = ['GIT_TERMINAL_PROMPT', 'GIT_CONFIG_COUNT', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0', 'GIT_INDEX_FILE', 'GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_AUTHOR_DATE', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'GIT_COMMITTER_DATE'];

/**
 * A bare clone below `directory`, without a working tree: commits are made from objects, so that nothing has to be checked out,
 * cleaned or locked, and two that work on it at once do not disturb each other.
 */
export function simpleGitGateway(settings: GitSettings, directory: string): GitGateway {
  return new SimpleGitGateway(settings, path.join(directory, `${createHash('sha256').update(settings.repository).digest('hex').slice(0, 16)}.git`));
}

class SimpleGitGateway implements GitGateway {
  private ready: Promise<void> | undefined;
  private readonly secrets: string[];

  constructor(
    private readonly settings: GitSettings,
    private readonly clone: string,
  ) {
    const { credentials } = settings;
    this.secrets = credentials ? [credentials.token, basic(credentials)] : [];
  }

  async fetch(branch?: string): Promise<{ base: string; branch?: string }> {
    const { repository, branch: baseBranch } = this.settings;
    await this.prepare();
    const refs = [`refs/heads/${baseBranch}`, ...(branch === undefined ? [] : [`refs/heads/${branch}`])];
    const listed = await this.remote(['ls-remote', repository, ...refs], 'which branches there are');
    const tips = new Map(listed.split('\n').filter(Boolean).map((line) => line.split('\t').reverse() as [string, string]));
    const base = tips.get(refs[0]!);
    if (base === undefined) throw failure('TargetNotFound', `The Git repository has no branch ${baseBranch}; check git.branch in the configuration`);
    const tip = refs[1] === undefined ? undefined : tips.get(refs[1]);
    const specs = refs.filter((ref) => tips.has(ref)).map((ref) => `+${ref}:refs/nightshift/${ref.slice('refs/heads/'.length)}`);
    await this.remote(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', repository, ...specs], 'the branches');
    // The branch may have gone on between the two questions; what was fetched is what is worked on.
    return { base: await this.tipOf(baseBranch), ...(tip !== undefined && branch !== undefined && { branch: await this.tipOf(branch) }) };
  }

  tree(commit: string): RepositoryTree {
    const local = (command: string[]) => this.local(command);
    let files: Promise<readonly string[]> | undefined;
    // A commit never changes, and rendering reads the same files again and again.
    const contents = new Map<string, Promise<string>>();
    return {
      files: () => (files ??= local(['ls-tree', '-r', '-z', '--name-only', commit]).then((text) => text.split('\0').filter(Boolean))),
      async read(file) {
        if (!(await this.files()).includes(file)) return undefined;
        const known = contents.get(file) ?? local(['cat-file', 'blob', `${commit}:${file}`]);
        contents.set(file, known);
        return known;
      },
      async mentioning(text, below) {
        // Nothing found is exit code 1 and no word.
        const found = await local(['grep', '-l', '-z', '--fixed-strings', '-e', text, commit, '--', ...(below ? [below] : [])]);
        return found.split('\0').filter(Boolean).map((line) => line.slice(commit.length + 1)).sort();
      },
    };
  }

  async facts(commit: string): Promise<CommitFacts> {
    const [parents = '', ...message] = (await this.local(['show', '--no-patch', '--format=%P%n%B', commit])).split('\n');
    return { parents: parents.split(' ').filter(Boolean), message: message.join('\n').trim() };
  }

  async isAncestor(commit: string, of: string): Promise<boolean> {
    return (await this.local(['merge-base', commit, of])).trim() === commit;
  }

  async identities(commit: string, paths: readonly string[]): Promise<Record<string, string>> {
    const lines = (await this.local(['ls-tree', '-z', '--full-tree', commit, '--', ...paths])).split('\0').filter(Boolean);
    return Object.fromEntries(lines.map((line) => {
      const [about = '', file = ''] = line.split('\t');
      return [file, about.split(' ')[2] ?? ''];
    }));
  }

  async changedFiles(from: string, to: string): Promise<string[]> {
    return (await this.local(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to])).split('\0').filter(Boolean).sort();
  }

  async commit({ parent, files, message, at }: NewCommit): Promise<string> {
    const { name, email } = this.settings.author;
    const scratch = path.join(this.clone, 'nightshift', randomUUID());
    await mkdir(scratch, { recursive: true });
    try {
      const index = { GIT_INDEX_FILE: path.join(scratch, 'index') };
      await this.local(['read-tree', parent], index);
      for (const [file, content] of files) {
        const blob = path.join(scratch, 'blob');
        await writeFile(blob, content);
        const id = (await this.local(['hash-object', '-w', '--no-filters', blob])).trim();
        await this.local(['update-index', '--add', '--cacheinfo', `${await this.modeOf(parent, file)},${id},${file}`], index);
      }
      const tree = (await this.local(['write-tree'], index)).trim();
      await writeFile(path.join(scratch, 'message'), message);
      return (await this.local(['commit-tree', tree, '-p', parent, '-F', path.join(scratch, 'message')], {
        GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: at, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: at,
      })).trim();
    } finally {
      await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  async push(commit: string, branch: string, expected: string | undefined): Promise<PushResult> {
    const ref = `refs/heads/${branch}`;
    try {
      await (await this.git()).raw(['push', '--porcelain', `--force-with-lease=${ref}:${expected ?? ''}`, this.settings.repository, `${commit}:${ref}`]);
      return { kind: 'pushed' };
    } catch (error) {
      const said = wordsOf(error);
      if (!/^!\t/m.test(said)) throw this.failed(said, 'the branch to be taken');
      if (/\[rejected\]|stale info|fetch first|cannot lock ref/.test(said)) return { kind: 'moved' };
      return { kind: PROTECTED.test(said) ? 'protected' : 'rejected', said: this.shown(refusalIn(said)) };
    }
  }

  private async tipOf(branch: string): Promise<string> {
    return (await this.local(['rev-parse', '--verify', `refs/nightshift/${branch}`])).trim();
  }

  private async modeOf(commit: string, file: string): Promise<string> {
    return /^\d+/.exec(await this.local(['ls-tree', '--full-tree', commit, '--', file]))?.[0] ?? '100644';
  }

  /** The clone is made where it is missing; making it again changes nothing. */
  private prepare(): Promise<void> {
    this.ready ??= (async () => {
      await mkdir(this.clone, { recursive: true });
      const git = await this.git();
      await git.raw(['init', '--quiet', '--bare', this.clone]);
    })().catch((error: unknown) => {
      this.ready = undefined;
      throw this.failed(wordsOf(error), 'a clone');
    });
    return this.ready;
  }

  /** A question to the server. */
  private async remote(command: string[], asked: string): Promise<string> {
    try {
      return await (await this.git()).raw(command);
    } catch (error) {
      const said = wordsOf(error);
      // One that was killed while it wrote leaves its locks; everything in the clone can be had again.
      if (/\.lock': File exists|not a git repository: |bad object|unable to read tree/.test(said)) await this.startOver();
      throw this.failed(said, asked);
    }
  }

  private async startOver(): Promise<void> {
    this.ready = undefined;
    await rm(this.clone, { recursive: true, force: true, maxRetries: 3 });
  }

  private async local(command: string[], env: Record<string, string> = {}): Promise<string> {
    try {
      return await (await this.git(env)).raw(command);
    } catch (error) {
      throw failure('UpstreamUnavailable', `The clone of the Git repository could not be read or written (git ${command[0] ?? ''}): ${this.shown(wordsOf(error))}; it is tried again`);
    }
  }

  private async git(env: Record<string, string> = {}): Promise<SimpleGit> {
    const { simpleGit } = await import('simple-git');
    const { credentials, repository } = this.settings;
    const header = credentials && /^https?:/.test(repository)
      ? { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `http.${new URL(repository).origin}/.extraHeader`, GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic(credentials)}` }
      : {};
    const passed = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
    // The credential is in the environment of git, for this server alone: arguments can be seen by everybody on the machine.
    return simpleGit({ baseDir: this.clone, allowEnvironment: GUARDED, unsafe: { allowUnsafeConfigEnvCount: true }, timeout: { block: SILENCE_MS } })
      .env({ ...passed, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', ...header, ...env });
  }

  private failed(said: string, asked: string): ApplicationFailure {
    const { type, next } = MEANINGS.find(({ says }) => says.test(said)) ?? OTHERWISE;
    return failure(type, `The Git repository was asked for ${asked} and did not do it: ${this.shown(said)}; ${next}`);
  }

  private shown(said: string): string {
    return plainLine(said.replaceAll(this.settings.repository, 'the repository'), LONGEST_SAID, this.secrets);
  }
}

/** What servers say of branches that a rule protects: GitHub, GitLab, Gitea, Bitbucket. */
const PROTECTED = /protected branch|GH006|GH013|repository rule violations|not allowed to push|branch is protected|not permitted to (?:push|create)/i;

const MEANINGS = [
  { says: /spawn \S*git\S* ENOENT/, type: 'InvalidInput', next: 'install git where this worker runs' },
  { says: /authentication failed|could not read (?:username|password)|access denied|permission denied|\b(?:401|403)\b|host key verification/i, type: 'NotAuthorized', next: 'check the token, its rights and git.repository in the configuration' },
  { says: /repository .*not found|not appear to be a git repository|does not exist|\b404\b/i, type: 'TargetNotFound', next: 'check git.repository in the configuration' },
  { says: /unable to access|could not resolve|connection|timed? ?out|timeout|hung up|early eof|rpc failed|\b5\d\d\b|block timeout|\.lock': File exists|not a git repository: |bad object|unable to read tree|couldn't find remote ref/i, type: 'UpstreamUnavailable', next: 'it is asked again' },
] as const;
const OTHERWISE = { type: 'UpstreamRejected', next: 'asking again does not help' } as const;

function basic({ username, token }: { username: string; token: string }): string {
  return Buffer.from(`${username}:${token}`).toString('base64');
}

/** What git and the server said. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'no reason given';
}

/** The server's own lines, and the line of the branch. */
function refusalIn(said: string): string {
  const lines = said.split('\n').filter((line) => /^(?:remote:|!\t)/.test(line)).map((line) => line.replace(/^remote:\s*|^!\t[^\t]*\t/, '').trim());
  return lines.filter(Boolean).join('; ') || said;
}

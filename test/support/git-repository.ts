import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GitSettings } from '../../activities/git/settings';
import { temporaryFolder } from './temporary-folder';

/** A real repository on this machine, as a server would keep it, and somebody's clone of it. */
export class ServedRepository {
  readonly root = mkdtempSync(path.join(tmpdir(), 'nightshift-git-'));
  readonly bare = path.join(this.root, 'served.git');
  private readonly clone = path.join(this.root, 'somebody');

  constructor(files: Record<string, string>) {
    const key = JSON.stringify(files);
    const made = ServedRepository.made.get(key);
    if (made) {
      // A copy is made in a moment; the clone only has to know where its server is now.
      cpSync(made, this.root, { recursive: true });
      const config = path.join(this.clone, '.git', 'config');
      writeFileSync(config, readFileSync(config, 'utf8').replaceAll(made, this.root));
      return;
    }
    this.git(this.root, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main', this.bare);
    this.git(this.root, 'clone', '--quiet', '--template=', this.bare, this.clone);
    this.commit(files, 'The cluster as it is', 'main');
    const kept = temporaryFolder('git-template');
    cpSync(this.root, kept, { recursive: true });
    writeFileSync(path.join(kept, 'somebody', '.git', 'config'), readFileSync(path.join(kept, 'somebody', '.git', 'config'), 'utf8').replaceAll(this.root, kept));
    ServedRepository.made.set(key, kept);
  }

  private static readonly made = new Map<string, string>();

  get url(): string {
    return `file://${this.bare}`;
  }

  settings(change: Partial<GitSettings> = {}): GitSettings {
    return { repository: this.url, branch: 'main', directory: '', author: { name: 'Nightshift', email: 'nightshift@example.invalid' }, helm: [], ...change };
  }

  /** Somebody commits and pushes. */
  commit(files: Record<string, string | null>, message: string, branch = 'main'): string {
    this.git(this.clone, 'fetch', '--quiet', 'origin');
    const there = this.branches().includes(branch);
    this.git(this.clone, 'checkout', '--quiet', ...(there ? ['-B', branch, `origin/${branch}`] : ['-B', branch]));
    for (const [file, content] of Object.entries(files)) {
      const full = path.join(this.clone, file);
      mkdirSync(path.dirname(full), { recursive: true });
      if (content === null) rmSync(full);
      else writeFileSync(full, content);
    }
    this.git(this.clone, 'add', '--all');
    this.git(this.clone, 'commit', '--quiet', '--allow-empty', '-m', message);
    this.git(this.clone, 'push', '--quiet', '--force', 'origin', branch);
    return this.tip(branch);
  }

  move(from: string, to: string): void {
    this.git(this.clone, 'fetch', '--quiet', 'origin');
    this.git(this.clone, 'checkout', '--quiet', '-B', 'main', 'origin/main');
    mkdirSync(path.dirname(path.join(this.clone, to)), { recursive: true });
    renameSync(path.join(this.clone, from), path.join(this.clone, to));
    this.git(this.clone, 'add', '--all');
    this.git(this.clone, 'commit', '--quiet', '-m', `Move ${from}`);
    this.git(this.clone, 'push', '--quiet', 'origin', 'main');
  }

  /** Rewrites main: its last commit is another one, with the same files. */
  rewrite(): void {
    this.git(this.clone, 'fetch', '--quiet', 'origin');
    this.git(this.clone, 'checkout', '--quiet', '-B', 'main', 'origin/main');
    this.git(this.clone, 'commit', '--quiet', '--amend', '--allow-empty', '-m', 'Rewritten');
    this.git(this.clone, 'push', '--quiet', '--force', 'origin', 'main');
  }

  /** As a person merges a pull request: with a merge commit, or squashed into one that only has the content. */
  merge(branch: string, how: 'merge' | 'squash' = 'merge'): void {
    this.git(this.clone, 'fetch', '--quiet', 'origin');
    this.git(this.clone, 'checkout', '--quiet', '-B', 'main', 'origin/main');
    this.git(this.clone, 'merge', '--quiet', ...(how === 'squash' ? ['--squash'] : ['--no-ff', '-m', `Merge ${branch}`]), `origin/${branch}`);
    if (how === 'squash') this.git(this.clone, 'commit', '--quiet', '-m', `Squashed ${branch}`);
    this.git(this.clone, 'push', '--quiet', 'origin', 'main');
  }

  /** What the server says to whoever pushes. */
  hook(script: string): void {
    const file = path.join(this.bare, 'hooks', 'pre-receive');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  branches(): string[] {
    return this.git(this.bare, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n').filter(Boolean);
  }

  tip(branch: string): string {
    return this.git(this.bare, 'rev-parse', `refs/heads/${branch}`).trim();
  }

  show(branch: string, file: string): string {
    return this.git(this.bare, 'show', `refs/heads/${branch}:${file}`);
  }

  /** What a reviewer sees: lines that go and lines that come, by file. */
  diff(branch: string): string {
    return this.git(this.bare, 'diff', '--unified=0', `main...${branch}`).split('\n').filter((line) => /^(\+|-|diff)/.test(line) && !/^(\+\+\+|---)/.test(line)).map((line) => line.replace(/^diff --git a\/(\S+) .*/, '$1')).join('\n');
  }

  message(commit: string): string {
    return this.git(this.bare, 'log', '-1', '--format=%an <%ae> %aI%n%B', commit);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private git(cwd: string, ...args: string[]): string {
    return execFileSync('git', args, {
      cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: this.root, GIT_AUTHOR_NAME: 'somebody', GIT_AUTHOR_EMAIL: 'somebody@example.invalid', GIT_COMMITTER_NAME: 'somebody', GIT_COMMITTER_EMAIL: 'somebody@example.invalid' },
    });
  }
}

/** A layout of test/support/gitops as a repository's files. */
export function layoutFiles(name: string): Record<string, string> {
  const root = path.join(__dirname, 'gitops', name);
  return Object.fromEntries(readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
    const full = path.join(entry.parentPath, entry.name);
    return [path.relative(root, full), readFileSync(full, 'utf8')];
  }));
}

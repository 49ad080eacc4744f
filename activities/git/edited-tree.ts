import path from 'node:path';
import type { RepositoryTree } from './gateway';

/** A tree as it would be after some files were changed. */
export class EditedTree implements RepositoryTree {
  private readonly edits: Map<string, string>;

  constructor(
    private readonly base: RepositoryTree,
    edits: ReadonlyMap<string, string> = new Map(),
  ) {
    this.edits = new Map(edits);
  }

  /** Another tree with one file changed. */
  with(file: string, content: string): EditedTree {
    return new EditedTree(this.base, new Map([...this.edits, [file, content]]));
  }

  /** Files that are other than before. */
  get changes(): ReadonlyMap<string, string> {
    return this.edits;
  }

  async files(): Promise<readonly string[]> {
    return [...new Set([...(await this.base.files()), ...this.edits.keys()])].sort();
  }

  async read(file: string): Promise<string | undefined> {
    return this.edits.get(file) ?? this.base.read(file);
  }

  async mentioning(text: string, below: string): Promise<string[]> {
    const others = (await this.base.mentioning(text, below)).filter((file) => !this.edits.has(file));
    const own = [...this.edits].filter(([file, content]) => isBelow(file, below) && content.includes(text)).map(([file]) => file);
    return [...others, ...own].sort();
  }
}

export function isBelow(file: string, folder: string): boolean {
  return folder === '' || file.startsWith(`${folder}/`);
}

/** A path that a file names, from the root of the repository; undefined where it leads out of it. */
export function resolvePath(folder: string, relative: string): string | undefined {
  const joined = path.posix.normalize(path.posix.join(folder, relative)).replace(/\/$/, '');
  return joined === '..' || joined.startsWith('../') || joined.startsWith('/') ? undefined : joined === '.' ? '' : joined;
}

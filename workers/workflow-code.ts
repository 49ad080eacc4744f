import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';
import { projectRoot } from '../infra/project';
import type { NightshiftConfig } from './config';
import { isTraced } from './tracing';

const DIST = path.join(projectRoot(), 'dist');

/** The plain bundle, which `npm run build` makes. */
export const WORKFLOW_BUNDLE = { codePath: path.join(DIST, 'workflow-bundle.js') } as const;

/**
 * The bundle that is there. With encryption it is another one, since failures are converted otherwise, and with tracing,
 * whose interceptors have to be inside: prebuilt in a function's package, made at the start elsewhere.
 */
export function workflowCode({ temporal }: Pick<NightshiftConfig, 'temporal'>, traced = isTraced()): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> & { interceptors?: { workflowModules: string[] } } {
  const variant = [...(temporal.encryption.length > 0 ? ['encrypted'] : []), ...(traced ? ['traced'] : [])];
  if (variant.length === 0) return { workflowBundle: WORKFLOW_BUNDLE };
  const prebuilt = path.join(DIST, `workflow-bundle.${variant.join('.')}.js`);
  if (existsSync(prebuilt) && digestOf(prebuilt) === digestOf(WORKFLOW_BUNDLE.codePath)) return { workflowBundle: { codePath: prebuilt } };
  return { workflowsPath: path.join(DIST, 'workflows', 'index.js'), ...(traced && { interceptors: { workflowModules: [path.join(DIST, 'workflows', 'trace-interceptors.js')] } }) };
}

/** Of the sources that a bundle was made of. */
function digestOf(bundle: string): string | undefined {
  const stamp = `${bundle}.sha256`;
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../infra/project';
import type { Runbook } from '../../workflows/contracts';

/**
 * Runbooks that were checked when a function's package was made, by the digest of their content; absent elsewhere.
 * Measured: checking all of them takes longer than everything else before the first probe.
 */
export function checkedRunbooks(): ReadonlyMap<string, Runbook> | undefined {
  const file = path.join(projectRoot(), 'dist', 'checked-runbooks.json');
  // Written by infra/functions/build.mjs of this same package, so that its shape is ours.
  return existsSync(file) ? new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Runbook>)) : undefined;
}

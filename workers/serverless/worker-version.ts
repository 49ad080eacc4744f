import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';
import { projectRoot } from '../../infra/project';

/** The one worker deployment of Nightshift in a namespace. */
export const DEPLOYMENT_NAME = 'nightshift';

/**
 * Names what this checkout's workflows do: the digest of their bundle. Two builds with the same workflows are one version,
 * so that a change of the gateway or of a probe does not leave open incidents on an old one.
 */
export function buildId(): string {
  return readFileSync(path.join(projectRoot(), 'dist', 'workflow-bundle.js.sha256'), 'utf8').trim().slice(0, 16);
}

/** A worker of this build: an incident ends on the build that it began on, new ones begin on the current one. */
export function ofThisBuild(): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  return { workerDeploymentOptions: { useWorkerVersioning: true, version: { deploymentName: DEPLOYMENT_NAME, buildId: buildId() }, defaultVersioningBehavior: 'PINNED' } };
}

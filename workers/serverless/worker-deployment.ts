import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { OnDemand } from '../config/serverless-schema';
import { SCALING_GROUP, scalingGroupOf } from './compute';
import { DEPLOYMENT_NAME } from './worker-version';

/** What Temporal knows of one build of the worker. */
export interface DeployedVersion {
  buildId: string;
  createdAt: string;
  /** `current`: new incidents begin on it. `ramping`: a share of them. `draining`: open incidents end on it. */
  state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
  rampPercentage?: number;
  /** What is invoked for it; absent where its workers are long-lived. */
  provider?: string;
}

/** Errors of Temporal's service that mean "not there" and "there already", by gRPC's numbers. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

const CLIENT_IDENTITY = 'nightshift deploy';

/**
 * The worker deployment of Nightshift in a namespace: its versions, what computes them, and which one new incidents go
 * to. Needs Temporal 1.31 with `workercontroller.enabled`. Everything is level-based: what is so already is left alone.
 */
export class WorkerDeployment {
  constructor(private readonly client: Client, private readonly namespace: string) {}

  /** Newest first; empty when nothing was ever deployed. */
  async versions(): Promise<DeployedVersion[]> {
    const described = await this.describe();
    const info = described?.workerDeploymentInfo;
    const versions = info?.versionSummaries ?? [];
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId;
    const ramping = info?.routingConfig?.rampingDeploymentVersion?.buildId;
    const rampPercentage = info?.routingConfig?.rampingVersionPercentage ?? undefined;
    return versions
      .map((version): DeployedVersion => {
        const buildId = version.deploymentVersion?.buildId ?? '';
        const provider = Object.values(version.computeConfig?.scalingGroups ?? {})[0]?.providerType;
        return {
          buildId,
          createdAt: timeOf(version.createTime),
          state: buildId === current ? 'current' : buildId === ramping ? 'ramping' : drainage(version.drainageStatus),
          ...(buildId === ramping && rampPercentage !== undefined && { rampPercentage }),
          ...(provider && { provider }),
        };
      })
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** Makes deployment and version with their compute, where they are not there yet. @returns whether the version is new */
  async create(buildId: string, compute: OnDemand): Promise<boolean> {
    const { workflowService } = this.client;
    await ignoring(ALREADY_EXISTS, workflowService.createWorkerDeployment({ namespace: this.namespace, deploymentName: DEPLOYMENT_NAME, requestId: randomUUID(), identity: CLIENT_IDENTITY }));
    const deploymentVersion = { deploymentName: DEPLOYMENT_NAME, buildId };
    const scalingGroup = scalingGroupOf(compute);
    const created = await ignoring(
      ALREADY_EXISTS,
      workflowService.createWorkerDeploymentVersion({ namespace: this.namespace, deploymentVersion, computeConfig: { scalingGroups: { [SCALING_GROUP]: scalingGroup } }, requestId: randomUUID(), identity: CLIENT_IDENTITY }),
    );
    if (created) return true;
    await workflowService.updateWorkerDeploymentVersionComputeConfig({
      namespace: this.namespace,
      deploymentVersion,
      computeConfigScalingGroups: { [SCALING_GROUP]: { scalingGroup, updateMask: { paths: ['provider', 'scaler'] } } },
      requestId: randomUUID(),
      identity: CLIENT_IDENTITY,
    });
    return false;
  }

  /** New incidents begin on this version from now on; open ones stay on theirs. */
  async makeCurrent(buildId: string): Promise<void> {
    await this.client.workflowService.setWorkerDeploymentCurrentVersion({ namespace: this.namespace, deploymentName: DEPLOYMENT_NAME, buildId, identity: CLIENT_IDENTITY, ignoreMissingTaskQueues: true });
  }

  /** This share of new incidents begins on it, 0 to 100; the others on the current version. */
  async ramp(buildId: string, percentage: number): Promise<void> {
    await this.client.workflowService.setWorkerDeploymentRampingVersion({ namespace: this.namespace, deploymentName: DEPLOYMENT_NAME, buildId, percentage, identity: CLIENT_IDENTITY, ignoreMissingTaskQueues: true });
  }

  private async describe(): Promise<temporal.api.workflowservice.v1.DescribeWorkerDeploymentResponse | undefined> {
    return ignoring(NOT_FOUND, this.client.workflowService.describeWorkerDeployment({ namespace: this.namespace, deploymentName: DEPLOYMENT_NAME }));
  }
}

async function ignoring<Result>(code: number, call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if ((error as { code?: unknown }).code === code) return undefined;
    throw error;
  }
}

const { VersionDrainageStatus } = temporal.api.enums.v1;

function drainage(status: temporal.api.enums.v1.VersionDrainageStatus | null | undefined): DeployedVersion['state'] {
  if (status === VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINING) return 'draining';
  return status === VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED ? 'drained' : 'inactive';
}

function timeOf(timestamp: { seconds?: unknown } | null | undefined): string {
  return new Date(Number(timestamp?.seconds ?? 0) * 1000).toISOString();
}

import type { temporal } from '@temporalio/proto';
import type { OnDemand } from '../config/serverless-schema';

type ScalingGroup = temporal.api.compute.v1.ComputeConfigScalingGroup.$Properties;

/** Name of the one scaling group: every kind of task is served by the same code. */
export const SCALING_GROUP = 'default';

/**
 * What Temporal's worker controller has to do when there is work and nobody polls: invoke a Lambda function, or scale a
 * Kubernetes Deployment up from 0 and down again. Field names are those of Temporal's auto-scaled-workers module, v0.2.0.
 */
export function scalingGroupOf(compute: OnDemand): ScalingGroup {
  switch (compute.provider) {
    case 'aws-lambda':
      return { provider: { type: 'aws-lambda', details: payload({ arn: compute.functionArn, role: compute.roleArn, role_external_id: compute.externalId }) }, scaler: { type: 'no-sync' } };
    case 'kubernetes':
      return { provider: { type: 'k8s', details: payload({ namespace: compute.namespace, deployment: compute.deployment }) }, scaler: { type: 'rate-based', details: payload({ max_count: compute.maxReplicas }) } };
  }
}

/** Never encrypted: the server itself reads it. */
function payload(details: object): temporal.api.common.v1.Payload.$Properties {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(details)) };
}

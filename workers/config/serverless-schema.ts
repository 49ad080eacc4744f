import { z } from 'zod';
import { name } from './values';
import { secret } from './secret-schema';

const arn = (service: string) => z.string().regex(new RegExp(`^arn:aws[\\w-]*:${service}:`), `expected an ARN of ${service}`);

const compute = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('aws-lambda'),
    /** With its version or alias: what is invoked must not change under open incidents. */
    functionArn: arn('lambda').regex(/:function:[\w-]+:[\w$-]+$/, 'expected the ARN of a version or an alias of the function, such as …:function:nightshift:7'),
    roleArn: arn('iam'),
    externalId: secret,
  }),
  z.strictObject({ provider: z.literal('kubernetes'), namespace: name, deployment: name, maxReplicas: z.int().min(1).max(50).default(2) }),
  /** Nobody calls them: a fleet of processes, each build beside the one before it until that is drained. */
  z.strictObject({ provider: z.literal('long-lived') }),
]);

/** Workers that are of a build (Temporal's Worker Versioning), and how they are called; without it they are of none. */
export const serverless = z.strictObject({ compute });

export type ServerlessFile = z.output<typeof serverless>;

/** The same with its secrets read. */
export type Compute =
  | { provider: 'aws-lambda'; functionArn: string; roleArn: string; externalId: string }
  | Extract<ServerlessFile['compute'], { provider: 'kubernetes' | 'long-lived' }>;

/** What somebody computes only when there is work. */
export type OnDemand = Exclude<Compute, { provider: 'long-lived' }>;

/** Whether workers may be away because there is nothing to do. */
export function onDemand(compute: Compute | undefined): compute is OnDemand {
  return compute !== undefined && compute.provider !== 'long-lived';
}

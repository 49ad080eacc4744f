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
]);

/** How workers are called when there is work; without it they are long-lived processes. */
export const serverless = z.strictObject({ compute });

export type ServerlessFile = z.output<typeof serverless>;

/** The same with its secrets read. */
export type Compute =
  | { provider: 'aws-lambda'; functionArn: string; roleArn: string; externalId: string }
  | Extract<ServerlessFile['compute'], { provider: 'kubernetes' }>;

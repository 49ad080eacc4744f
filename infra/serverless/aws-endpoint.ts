import Fastify, { type FastifyInstance } from 'fastify';
import type { LocalFunction } from './local-function';

export interface AwsEndpointOptions {
  port: number;
  /** Who may assume which role, and with which external ID: without it the role is refused, as a well-made trust policy does. */
  role: { arn: string; externalId: string };
  functions: readonly LocalFunction[];
}

/**
 * As much of AWS's STS and Lambda, on the loopback interface, as Temporal's worker controller uses: AssumeRole, GetFunction
 * and Invoke. Wire formats are those of the services' API references (STS 2011-06-15, Lambda 2015-03-31). Signatures are
 * not checked: what is tried out here is the controller and the handler, not AWS.
 */
export async function startAwsEndpoint({ port, role, functions }: AwsEndpointOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({ logger: false });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))));
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/', async (request, reply) => {
    const { Action, RoleArn, ExternalId } = (request.body ?? {}) as Record<string, string>;
    if (Action !== 'AssumeRole') return reply.code(400).type('text/xml').send(stsError('InvalidAction', `There is no ${Action} here`));
    if (RoleArn !== role.arn || ExternalId !== role.externalId) return reply.code(403).type('text/xml').send(stsError('AccessDenied', 'The external ID is not that of the role'));
    return reply.type('text/xml').send(assumedRole(role.arn));
  });
  const named = (name: string) => functions.find(({ spec }) => spec.arn === name);
  app.get<{ Params: { name: string } }>('/2015-03-31/functions/:name', async ({ params }, reply) => {
    const found = named(params.name);
    if (!found) return reply.code(404).header('x-amzn-errortype', 'ResourceNotFoundException').send({ Message: `Function not found: ${params.name}` });
    const { arn, timeoutMs } = found.spec;
    return { Configuration: { FunctionName: arn.split(':')[6], FunctionArn: arn, State: 'Active', Timeout: Math.ceil(timeoutMs / 1000) } };
  });
  app.post<{ Params: { name: string } }>('/2015-03-31/functions/:name/invocations', async ({ params, headers, body }, reply) => {
    const found = named(params.name);
    if (!found) return reply.code(404).header('x-amzn-errortype', 'ResourceNotFoundException').send({ Message: `Function not found: ${params.name}` });
    const event = Buffer.isBuffer(body) && body.length > 0 ? (JSON.parse(body.toString('utf8')) as unknown) : {};
    if (headers['x-amz-invocation-type'] === 'Event') {
      // Nobody waits for it; how it ended stands in the function's invocations.
      found.invoke(event).catch(() => undefined);
      return reply.code(202).send();
    }
    return reply.send(JSON.stringify(await found.invoke(event)));
  });
  await app.listen({ host: '127.0.0.1', port });
  return app;
}

function stsError(code: string, message: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>local</RequestId></ErrorResponse>`;
}

/** Credentials that open nothing but this endpoint. */
function assumedRole(arn: string): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const credentials = `<AccessKeyId>LOCAL</AccessKeyId><SecretAccessKey>local</SecretAccessKey><SessionToken>local</SessionToken><Expiration>${expiration}</Expiration>`;
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${credentials}</Credentials><AssumedRoleUser><Arn>${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/temporal</Arn><AssumedRoleId>LOCAL:temporal</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`;
}

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** An answer that is not what was asked for, as a problem document (RFC 9457). `detail` says what to do next. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly extra: Record<string, unknown> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

/** How soon an Alertmanager or a person should ask again when Temporal is away, in seconds; it is back within seconds of a restart. */
const RETRY_AFTER_S = 5;

export function temporalAway(): Problem {
  return new Problem(503, 'Temporal does not answer, so nothing was accepted. Send it again.', {}, { 'retry-after': String(RETRY_AFTER_S) });
}

/** gRPC: CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const AWAY_CODES = new Set([1, 4, 8, 14]);

/** Did this error come from a Temporal that is away or overloaded? */
export function isTemporalAway(error: unknown): boolean {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if (isGrpcServiceError(current)) return AWAY_CODES.has(current.code);
  }
  return error instanceof ServiceError && error.cause === undefined;
}

/** Every error of every route ends here: a sentence, never a stack trace. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  return answerProblem(reply, problem);
}

export function answerProblem(reply: FastifyReply, { status, detail, extra, headers }: Problem): FastifyReply {
  return reply
    .status(status)
    .headers(headers)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, ...extra });
}

function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({ field: instancePath.slice(1).replaceAll('/', '.') || 'body', message: message ?? 'is not valid' }));
    return new Problem(400, errors.map(({ field, message }) => `${field}: ${message}`).join('; '), { errors });
  }
  if (isTemporalAway(error)) return temporalAway();
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new Problem(413, 'The body is larger than 1 MiB. Lower max_alerts of the webhook, or group alerts by more labels.');
  if (status !== undefined && status >= 400 && status < 500) return new Problem(status, error.message);
  const incident = randomUUID();
  return new Problem(500, `Nightshift failed to answer; its log names this request by ${incident}.`, { request: incident });
}

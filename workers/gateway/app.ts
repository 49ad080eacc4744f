import swagger from '@fastify/swagger';
import type { Client } from '@temporalio/client';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { RecordStore } from '../../activities/records/store';
import type { NightshiftConfig } from '../config';
import type { Tracing } from '../tracing';
import { registerAccess } from './access';
import { registerFixes } from './fix-routes';
import { registerHealth } from './health-routes';
import { registerIncidents } from './incident-routes';
import { registerIncidentPage } from './incident-page';
import type { IncidentDirectory } from './incidents';
import { registerIndexPage } from './index-page';
import { registerMetrics } from './metrics-route';
import type { Messenger } from './messages';
import { registerOpening } from './open-routes';
import type { PracticeStage } from './practice-stage';
import { answerError, answerProblem, Problem } from './problems';
import type { Quarantine } from './quarantine';
import { registerRecords } from './record-routes';
import { registerStatistics } from './statistics-routes';
import { registerTracing } from './tracing-hooks';
import type { TrailKeeper } from './trail-keeper';
import type { UserDirectory } from './users';
import { registerWatchdogs } from './watchdog-routes';
import type { Watchdogs } from './watchdogs';
import { registerWebhooks } from './webhook-routes';

export interface GatewayDependencies {
  config: NightshiftConfig;
  client: Client;
  users: UserDirectory;
  quarantine: Quarantine;
  watchdogs: Watchdogs;
  incidents: IncidentDirectory;
  messenger: Messenger;
  records: RecordStore;
  /** Signs the ends of audit trails; works when it has been started. */
  trailKeeper: TrailKeeper;
  /** Absent where no practice cluster is configured. */
  practice?: PracticeStage;
  log: Logger;
}

/** Alertmanager's largest groups stay far below; what is larger is refused before it is read to the end. */
const BODY_LIMIT = 1024 * 1024;
/** A client that sends slower than this holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Sent with every answer: nothing here is to be framed, sniffed, cached or to load anything. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const ROUTES = [
  registerHealth,
  registerMetrics,
  registerWebhooks,
  registerWatchdogs,
  registerIncidents,
  registerRecords,
  registerFixes,
  registerStatistics,
  registerOpening,
  registerIndexPage,
  registerIncidentPage,
];

/** The HTTP side of Nightshift: webhooks, API and OpenAPI. It does not listen yet. */
export async function createGateway(dependencies: GatewayDependencies, tracing?: Tracing): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = dependencies.log;
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler<Error>((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request, reply) => answerProblem(reply, new Problem(404, `There is no ${request.method} ${request.url.split('?')[0]}; GET /openapi.json lists what there is.`)));
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(HEADERS);
  });
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Nightshift', version: '1' }, components: SECURITY }, transform: jsonSchemaTransform });
  registerAccess(app, dependencies.users);
  if (tracing) registerTracing(app, tracing);
  for (const register of ROUTES) register(app, dependencies);
  return app;
}

const SECURITY = { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } } } as const;

import nodeProcess from 'node:process';
import type { Context, TextMapGetter } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';

/** What a process adds to its client and its worker, so that an incident is one trace. */
export interface Tracing {
  /** Carries the trace into workflows that are started or told something. */
  client: WorkflowClientInterceptor;
  /** Goes on with it in activities. */
  activity: ActivityInterceptorsFactory;
  /** Takes the spans that workflows made; their own interceptors are in the bundle `traced`. */
  sinks: InjectedSinks<never>;
  /** A span for what came in from outside, below the `traceparent` that came with it. `work` runs inside it. */
  serve<Result>(name: string, headers: Readonly<Record<string, unknown>>, work: (end: (failure?: string) => void) => Result): Result;
  /** Sends what is waiting; before a process ends, or is frozen. */
  flush(): Promise<void>;
}

/** OpenTelemetry's own variables that say where traces go; without them nothing of it is loaded. */
export function isTraced(env: NodeJS.ProcessEnv = process.env): boolean {
  return env['OTEL_SDK_DISABLED'] !== 'true' && Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

let started: Tracing | undefined;

/**
 * Traces of this process by OTLP over HTTP, as OpenTelemetry's variables say (OTEL_EXPORTER_OTLP_…, OTEL_SERVICE_NAME,
 * OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_…). Once per process, since OpenTelemetry's context is global.
 * @returns undefined where nobody asks for traces
 */
export function tracingOf(process: 'gateway' | 'worker'): Tracing | undefined {
  if (!isTraced()) return undefined;
  started ??= start(process);
  return started;
}

/** Loaded here, because a process that is not traced has no use for it. */
function start(process: 'gateway' | 'worker'): Tracing {
  const { context, propagation, SpanKind, SpanStatusCode, trace } = require('@opentelemetry/api') as typeof import('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks') as typeof import('@opentelemetry/context-async-hooks');
  const { W3CTraceContextPropagator } = require('@opentelemetry/core') as typeof import('@opentelemetry/core');
  const { OpenTelemetryWorkflowClientInterceptor } = require('@temporalio/interceptors-opentelemetry/lib/client') as typeof import('@temporalio/interceptors-opentelemetry/lib/client');
  const workers = require('@temporalio/interceptors-opentelemetry/lib/worker') as typeof import('@temporalio/interceptors-opentelemetry/lib/worker');
  const { provider, processor, resource } = providerOf(process);
  provider.register({ contextManager: new AsyncLocalStorageContextManager(), propagator: new W3CTraceContextPropagator() });
  const tracer = trace.getTracer('nightshift');
  return {
    // Questions are no part of an incident's story, and a console asks many.
    client: Object.assign(new OpenTelemetryWorkflowClientInterceptor(), { query: undefined }),
    activity: (ctx) => ({ inbound: new workers.OpenTelemetryActivityInboundInterceptor(ctx), outbound: new workers.OpenTelemetryActivityOutboundInterceptor(ctx) }),
    sinks: { exporter: workers.makeWorkflowExporter(processor, resource) } as unknown as InjectedSinks<never>,
    serve: (name, headers, work) => {
      const parent: Context = propagation.extract(context.active(), headers, HEADERS);
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
      return context.with(trace.setSpan(parent, span), () =>
        work((failure) => {
          if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          span.end();
        }),
      );
    },
    // A collector that is away is no reason to fail for what is traced.
    flush: () => processor.forceFlush().catch((error: unknown) => nodeProcess.emitWarning(`Traces could not be sent: ${error instanceof Error ? error.message : String(error)}`)),
  };
}

function providerOf(process: 'gateway' | 'worker') {
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http') as typeof import('@opentelemetry/exporter-trace-otlp-http');
  const { envDetectorSync, Resource } = require('@opentelemetry/resources') as typeof import('@opentelemetry/resources');
  const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base') as typeof import('@opentelemetry/sdk-trace-base');
  // What the environment says is stronger than our own names.
  const resource = new Resource({ 'service.name': `nightshift-${process}`, ...envDetectorSync.detect().attributes });
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  return { provider: new BasicTracerProvider({ resource, spanProcessors: [processor] }), processor, resource };
}

const HEADERS: TextMapGetter<Readonly<Record<string, unknown>>> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  },
};

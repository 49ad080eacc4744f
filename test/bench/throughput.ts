import { CENTRAL_QUEUE, incidentWorkflowId, WORKFLOW } from '../../workflows/contracts';
import { alertsChanged } from '../../workflows/contracts/messages';
import { alertsOf } from './alerts';
import { interleave, rate, ratioRow, runsOf, type BenchRow } from './measure';
import { withServer, type BenchServer } from './server';

const CONCURRENCY = 20;
/** Compiles the code paths and opens the connections; not counted. */
const WARM_UP = 20;

/** Webhook → persisted: the gateway against a client that does nothing but signalWithStart. No worker runs. */
export const throughput: BenchRow = {
  name: 'throughput',
  run: (options) =>
    withServer(async (server) => {
      const webhook = await server.startGateway();
      const incidents = options.quick ? 60 : 120;
      const ours = (prefix: string, count: number) => rate(count, CONCURRENCY, (index) => webhook.post(alertsOf(`${prefix}-${index}`, index)));
      const raw = (prefix: string, count: number) => rate(count, CONCURRENCY, (index) => rawStart(server, `${prefix}-${index}`, index));
      await ours('warm-ours', WARM_UP);
      await raw('warm-raw', WARM_UP);
      const pairs = await interleave(runsOf(options), (run) => ours(`ours-${run}`, incidents), (run) => raw(`raw-${run}`, incidents));
      webhook.close();
      return ratioRow(`webhook → persisted, ${incidents} incidents, ${CONCURRENCY} at a time`, pairs, '/s', { atLeast: 0.8 });
    }),
};

/** What any program would have to do at least to persist the same alerts. */
function rawStart({ client }: BenchServer, cluster: string, index: number): Promise<unknown> {
  return client.workflow.signalWithStart(WORKFLOW.incident, {
    workflowId: incidentWorkflowId(cluster, 'receive'),
    taskQueue: CENTRAL_QUEUE,
    args: [{ cluster, failureDomain: 'receive' }],
    signal: alertsChanged,
    signalArgs: [{ alerts: alertsOf(cluster, index), receivedAt: new Date().toISOString() }],
  });
}

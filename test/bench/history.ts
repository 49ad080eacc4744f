import { BenchWorld } from './bench-world';
import { wholeIncident } from './incidents';
import type { BenchRow } from './measure';
import { withServer } from './server';
import { incidentWorker, runOn } from './workers';

const PROBES = 12;
const MOST_EVENTS = 250;
const MOST_KILOBYTES = 200;

/** What a whole incident leaves in history: the server's own count of events and bytes. */
export const history: BenchRow = {
  name: 'history',
  run: ({ quick }) =>
    withServer(async (server) => {
      const webhook = await server.startGateway();
      const world = new BenchWorld({ probes: PROBES, probeMs: 20 });
      runOn(server, await incidentWorker(server.native, world));
      const sizes: Array<{ events: number; kilobytes: number }> = [];
      for (let run = 0; run < (quick ? 1 : 3); run += 1) {
        const handle = await wholeIncident(server, webhook, world, `history-${run}`);
        const { historyLength, historySize = 0 } = await handle.describe();
        sizes.push({ events: historyLength, kilobytes: historySize / 1024 });
      }
      webhook.close();
      const events = sizes.map((size) => size.events);
      const kilobytes = sizes.map((size) => size.kilobytes);
      const value = `${Math.max(...events)} events, ${Math.max(...kilobytes).toFixed(0)} KB`;
      return {
        what: `history of an incident with ${PROBES} probes`,
        ours: value,
        raw: '–',
        value,
        budget: `≤ ${MOST_EVENTS} events, ≤ ${MOST_KILOBYTES} KB`,
        verdict: Math.max(...events) <= MOST_EVENTS && Math.max(...kilobytes) <= MOST_KILOBYTES ? 'ok' : 'MISSED',
        spread: `${Math.min(...events)}–${Math.max(...events)} events (${sizes.length} incidents)`,
        notes: [],
      };
    }),
};

/** The worker that the kill benchmark kills; what it records goes to a folder, because its memory will be gone. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { BenchWorld } from './bench-world';
import { incidentWorker } from './workers';

/** Long enough that a kill finds many of them running. */
const PROBE_MS = 500;

/** Evidence that a kill has cost is asked for again after a quarter of this. */
const ROOT_CAUSE_TARGET_MS = 40_000;

async function main([address, identity, records]: string[]): Promise<void> {
  if (!address || !identity || !records) throw new Error('usage: kill-worker <address> <identity> <folder of records>');
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  const world = new BenchWorld({ probes: 10, probeMs: PROBE_MS });
  world.settings.durations.rootCauseTarget = ROOT_CAUSE_TARGET_MS;
  world.watcher.recorded = ({ incident }) => writeFileSync(path.join(records, `${incident.cluster}.json`), JSON.stringify({ publicId: incident.publicId, outcome: incident.outcome }));
  const worker = await incidentWorker(await NativeConnection.connect({ address }), world, identity);
  // Whoever started this process may be gone before it.
  process.once('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
  await worker.run();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

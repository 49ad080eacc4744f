import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { READS_WORKLOAD } from '../workload';
import { readStorage } from './receiver-storage';

const INPUT = z.strictObject({ target: z.string().default('receiver').describe('Role of the receivers.') });

/** A receiver tries to upload every 30 seconds by its own clock, whatever the time factor: in this time each has tried. In milliseconds. */
const WINDOW_MS = 35_000;

/** Do uploads work? Watches for one whole round of every receiver; for verification. */
export const uploadsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.uploads',
  title: 'Uploads of the receivers to the object store, over one whole round of each (35 s)',
  input: INPUT,
  fields: {
    answering: { type: 'number', unit: 'count', text: 'receivers that could be read' },
    synced: { type: 'number', unit: 'count', text: 'receivers that got everything to the store within the window' },
    failing: { type: 'list', text: 'receivers of which a round failed within the window' },
    complete: { type: 'boolean', text: 'the window was long enough for a whole round' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  windowed: () => WINDOW_MS,
  async ask(access, { target: role }, { timeoutMs }) {
    const target = targetOf(access, role);
    const window = Math.min(WINDOW_MS, timeoutMs * 0.8);
    const before = (await readStorage(access, target)).readings;
    await access.clock.sleep(window);
    const after = (await readStorage(access, target)).readings;
    const moved = after.map((reading) => {
      const earlier = before.find(({ pod }) => pod === reading.pod);
      const same = earlier !== undefined && earlier.uptimeSeconds <= reading.uptimeSeconds;
      return { pod: reading.pod, synced: reading.dirSyncs - (same ? earlier.dirSyncs : 0), failed: reading.dirSyncFailures - (same ? earlier.dirSyncFailures : 0) };
    });
    const failing = moved.filter(({ failed }) => failed > 0).map(({ pod }) => pod);
    const synced = moved.filter((receiver) => receiver.synced > 0 && receiver.failed === 0).length;
    return {
      fields: { answering: after.length, synced, failing, complete: window >= WINDOW_MS },
      summary: failing.length > 0 ? `${failing.join(', ')} could not upload within ${Math.round(window / 1000)} s.` : `${synced} of ${after.length} receivers got everything to the object store within ${Math.round(window / 1000)} s.`,
    };
  },
};

import { z } from 'zod';
import type { Probe } from '../probe';

const INPUT = z.strictObject({});

/** Does Nightshift hear of the cluster? Only a Watchdog alert that has come all the way says that the alerting pipeline works. */
export const heartbeatProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'temporal.heartbeat',
  title: 'Heartbeats of the cluster that reached Nightshift: the last one, and whether the tolerated silence is over',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no heartbeats are expected of this cluster' },
    silent: { type: 'boolean|null', text: 'none has come within the tolerated time' },
    everHeard: { type: 'boolean|null', text: 'one has come at some time' },
    ageSeconds: { type: 'number|null', unit: 'seconds', text: 'since the last one; null when none is known' },
    toleratedSeconds: { type: 'number|null', unit: 'seconds', text: 'how long none may come' },
    heardAgain: { type: 'boolean|null', text: 'one has come since the incident began, and since the last change' },
  },
  rbac: [],
  async ask({ heartbeats, config, clock }, _input, { since, mutatedAt }) {
    const known = await heartbeats?.ofCluster(config.name);
    if (!known) {
      return { fields: { notApplicable: true, silent: null, everHeard: null, ageSeconds: null, toleratedSeconds: null, heardAgain: null }, summary: 'No heartbeats are expected of this cluster: it has no "watchdog" in nightshift.yaml.' };
    }
    const last = known.lastHeartbeatAt === undefined ? undefined : Date.parse(known.lastHeartbeatAt);
    const ageSeconds = last === undefined ? null : Math.max(0, Math.round((clock.now().getTime() - last) / 1000));
    const toleratedSeconds = Math.round(known.tolerateMs / 1000);
    return {
      fields: { notApplicable: false, silent: known.silent, everHeard: last !== undefined, ageSeconds, toleratedSeconds, heardAgain: last !== undefined && last > Date.parse(mutatedAt ?? since) },
      summary: ageSeconds === null ? `No heartbeat has ever come from this cluster; ${toleratedSeconds} s without one are tolerated.` : `The last heartbeat came ${ageSeconds} s ago; ${toleratedSeconds} s without one are tolerated.`,
    };
  },
};

/** The lab at rest: what a drill begins with, so that what one leaves behind is not the next one's fault. */
import { setTimeout as delay } from 'node:timers/promises';
import { healLab } from '../lab/injection/engine';
import { labStatus, type RunningLabStatus } from '../lab/lab-status';
import { labPaths } from '../lab/paths';
import type { LabNightshift } from './lab-nightshift';

const HEALTHY_WITHIN_MS = 4 * 60_000;

export async function runningLab(): Promise<RunningLabStatus> {
  const { lab } = await labStatus(labPaths());
  if (!lab) throw new Error('No lab is running: start one with "npx nightshift lab up".');
  return lab;
}

/** Nothing is broken, and remote write keeps up: what one drill leaves behind must not be the next one's fault. */
export async function healthy(say: (text: string) => void): Promise<void> {
  const { factor, faults } = await runningLab();
  if (faults.length > 0) await healLab(labPaths(), undefined, say);
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  for (;;) {
    const { pods, remoteWrite } = await runningLab();
    const notReady = pods.filter((pod) => !pod.ready).map((pod) => pod.name);
    const lag = remoteWrite.lagSeconds;
    if (notReady.length === 0 && lag !== null && lag < Math.max(5, 120 * factor)) return;
    if (Date.now() > deadline) throw new Error(`The lab did not become healthy: not ready ${notReady.join(', ') || 'none'}; remote write is ${lag ?? '?'} s behind.`);
    say(`waiting for a healthy lab (not ready: ${notReady.join(', ') || 'none'}; lag ${lag ?? '?'} s)`);
    await delay(3_000);
  }
}

/** No incident is open: an alert of the last drill that has not resolved yet would claim this one. */
export async function quiet(nightshift: LabNightshift, say: (text: string) => void): Promise<void> {
  const deadline = Date.now() + HEALTHY_WITHIN_MS;
  for (;;) {
    // A drill may begin while Nightshift is away on purpose; then nothing can be asked, and nothing opens.
    const open = await nightshift.openIncidents().catch(() => []);
    if (open.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Still open: ${open.map(({ publicId, failureDomain }) => `${publicId} (${failureDomain})`).join(', ')}.`);
    say(`waiting for ${open.map(({ publicId }) => publicId).join(', ')} to close`);
    await delay(3_000);
  }
}

/** A heartbeat has come since now: what silence is measured against. */
export async function heardOf(nightshift: LabNightshift, say: (text: string) => void): Promise<void> {
  const since = new Date().toISOString();
  for (const deadline = Date.now() + HEALTHY_WITHIN_MS; ; await delay(1_000)) {
    const status = await nightshift.watchdog().catch(() => undefined);
    if ((status?.lastHeartbeatAt ?? '') > since) return;
    if (Date.now() > deadline) throw new Error(`No heartbeat of the lab has come; the watchdog says ${status?.state ?? 'nothing'}, last ${status?.lastHeartbeatAt ?? 'never'}.`);
    if (Date.now() % 10_000 < 1_000) say(`waiting for a heartbeat (${status?.state ?? 'no answer'})`);
  }
}

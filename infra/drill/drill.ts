import { breakLab, healLab } from '../lab/injection/engine';
import { labPaths } from '../lab/paths';
import type { IncidentStatus } from '../../workflows/contracts';
import { auditFaults, mutationsSince } from './audit-log';
import type { Answer } from './answers';
import { diagnosisSeen, type SeenDiagnosis } from './ablation';
import { firstIncident, NotClosedInTime, seeThrough } from './follow';
import type { LabNightshift } from './lab-nightshift';
import { healthy, quiet, runningLab } from './rest';
import { resultOf, seconds, type DrillResult } from './result';

export interface DrillOptions {
  seed: number;
  say: (text: string) => void;
  /** Called once the fault is in effect, before anybody waits for an incident. */
  afterInjection?: () => Promise<void>;
  /** Called at each look at the incident, before anything is decided; a crash drill kills things here. */
  onLook?: (status: IncidentStatus) => Promise<void>;
}

/** Injects one fault and sees its incident through to the record, deciding by CLI as people would. */
export async function drill(nightshift: LabNightshift, fault: string, answer: Answer, { seed, say, onLook, afterInjection }: DrillOptions): Promise<DrillResult> {
  const paths = labPaths();
  await healthy(say);
  await quiet(nightshift, say);
  const lab = await runningLab();
  const since = new Date().toISOString();
  say(`${fault}: injecting (seed ${seed})`);
  await breakLab(paths, fault, seed, () => undefined);
  const injectedAt = Date.now();
  try {
    await afterInjection?.();
    const publicId = await firstIncident(nightshift);
    say(`${fault}: incident ${publicId} after ${seconds(Date.now() - injectedAt)} s`);
    const seen = new Map<string, SeenDiagnosis>();
    const onHandOver = async () => {
      await healLab(paths, undefined, () => undefined);
    };
    const look = async (status: IncidentStatus) => {
      const diagnosis = seen.get(status.publicId) ?? diagnosisSeen();
      seen.set(status.publicId, diagnosis);
      diagnosis.look(status);
      await onLook?.(status);
    };
    const { status, late } = await seeThrough(nightshift, publicId, { say, onLook: look, onHandOver }).then((closed) => ({ status: closed, late: [] as string[] }), lateOf);
    const audited = mutationsSince(lab.auditLog, since);
    // A fault may open several incidents, and each claims what it wrote.
    const mutations = (await nightshift.incidentsSince(since)).flatMap((incident) => incident.mutations ?? []);
    const diagnosis = (seen.get(status.publicId) ?? diagnosisSeen()).first(status);
    return resultOf({ fault, seed, factor: lab.factor, answer, status, injectedAt, faults: auditFaults(audited, { mutations }), diagnosis, late });
  } finally {
    await healLab(paths, undefined, () => undefined);
  }
}

/** One that does not close in time is judged by what it was then. @throws anything else, and where it was never seen */
function lateOf(error: unknown): { status: IncidentStatus; late: string[] } {
  if (error instanceof NotClosedInTime && error.status) return { status: error.status, late: [error.message] };
  throw error;
}

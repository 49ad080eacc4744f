import type { ClusterConfig } from '../activities/clusters';
import { askProbe } from '../activities/probe';
import { practiceProbes } from '../activities/practice/recorded-answers';
import { probes, remedies } from '../activities/registry';
import { loadRunbooks } from '../activities/runbooks/loader';
import { failureTypeOf, type Checklist, type Diagnosis, type Evidence, type ProbeSpec, type Runbook } from '../workflows/contracts';
import { goThrough } from '../workflows/domain/checklists';
import { rankCauses } from '../workflows/domain/ranking';
import { reachClusters } from './clusters';
import type { ClusterEntry, NightshiftConfig } from './config';

/** Probes that look back begin here when there is no incident that says since when, in milliseconds. */
const LOOK_BACK_MS = 30 * 60_000;
/** As for an incident: diagnosis has a minute, with a retry. */
const PROBE_TIMEOUT_MS = 10_000;

/** The message names the runbooks that there are. */
export class UnknownRunbook extends Error {}

/** A cluster as it is now: by the handbook's checklists, and what each runbook makes of it. */
export interface ClusterDiagnosis {
  /** Empty where the runbook `unknown`, which has them, was not asked for or is broken. */
  checklists: Checklist[];
  /** What the checklists' lines were judged by. */
  evidence: Evidence[];
  diagnoses: RunbookDiagnosis[];
}

/** What one runbook makes of a cluster now. */
export interface RunbookDiagnosis extends Diagnosis {
  runbook: Pick<Runbook, 'id' | 'revision' | 'title'>;
}

/**
 * Asks every probe of the runbooks once and ranks their causes, without an incident: nothing is changed, and neither
 * Temporal nor a worker is needed.
 * @param classes ids of runbooks; every valid one when empty
 * @param namespace looks at this one only, instead of those of the configured targets
 * @throws UnknownRunbook
 */
export async function diagnose(config: NightshiftConfig, whole: ClusterEntry, classes: readonly string[], namespace?: string): Promise<ClusterDiagnosis> {
  const entry = namespace === undefined ? whole : { ...whole, cluster: within(whole.cluster, namespace) };
  const { clusters, practice } = reachClusters({ ...config, clusters: config.clusters.map((known) => (known === whole ? entry : known)) });
  const registered = practice ? practiceProbes(probes, practice) : probes;
  const since = new Date(Date.now() - LOOK_BACK_MS).toISOString();

  const ask = async (probe: ProbeSpec): Promise<Evidence> => {
    const known = registered[probe.use];
    if (!known) throw new Error(`There is no probe ${probe.use}.`);
    try {
      return await askProbe(known, clusters, { cluster: entry.cluster.name, publicId: 'none', probe, since, timeoutMs: PROBE_TIMEOUT_MS });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { probe: probe.id, use: probe.use, status: 'unanswered', at: new Date().toISOString(), fields: {}, summary: `${probe.id} did not answer: ${message}`, error: { type: failureTypeOf(error) ?? 'UpstreamUnavailable', message } };
    }
  };

  const runbooks = runbooksOf(config, classes);
  const diagnoses = await Promise.all(
    runbooks.map(async (runbook) => {
      const evidence = await Promise.all(runbook.probes.filter(({ verifyOnly }) => !verifyOnly).map(ask));
      const { id, revision, title } = runbook;
      return { runbook: { id, revision, title }, ...rankCauses(runbook, evidence) };
    }),
  );
  const { evidence = [] } = diagnoses.find(({ runbook }) => runbook.id === 'unknown') ?? {};
  return { checklists: goThrough(runbooks.find(({ id }) => id === 'unknown')?.checklists ?? [], evidence), evidence, diagnoses };
}

function within(cluster: ClusterConfig, namespace: string): ClusterConfig {
  return { ...cluster, namespace, targets: Object.fromEntries(Object.entries(cluster.targets).filter(([, target]) => target.namespace === namespace)) };
}

function runbooksOf({ runbooksDir }: NightshiftConfig, classes: readonly string[]): Runbook[] {
  const valid = loadRunbooks(runbooksDir, { probes, remedies }).flatMap((loaded) => (loaded.valid ? [loaded.runbook] : []));
  const unknown = classes.find((wanted) => !valid.some(({ id }) => id === wanted));
  if (unknown !== undefined) throw new UnknownRunbook(`There is no valid runbook ${unknown}; there is ${valid.map(({ id }) => id).join(', ') || 'none'}. "npx nightshift runbook check" says what is wrong with others.`);
  return classes.length > 0 ? valid.filter(({ id }) => classes.includes(id)) : valid;
}

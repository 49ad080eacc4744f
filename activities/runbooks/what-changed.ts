import type { Runbook } from '../../workflows/contracts';

const USE = 'kubernetes.recentChanges';

/**
 * "What changed?" is asked in every diagnosis: a runbook that does not ask it by itself asks it of all its targets. Added
 * when the file is read, so that it is in the snapshot that lives in an incident's history.
 */
export function askingWhatChanged(runbook: Runbook): Runbook {
  if (runbook.probes.some(({ use }) => use === USE)) return runbook;
  return { ...runbook, probes: [...runbook.probes, { id: 'whatChanged', use: USE, with: { targets: runbook.targets } }] };
}

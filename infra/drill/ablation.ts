import path from 'node:path';
import { probes, remedies } from '../../activities/registry';
import { loadRunbooks } from '../../activities/runbooks/loader';
import type { IncidentStatus } from '../../workflows/contracts';
import { ablate, type Ablation } from '../../workers/cli/runbooks/ablate';
import { projectRoot } from '../project';

export interface SeenDiagnosis {
  /** Takes note of a state of the incident; what is diagnosed again after a mutation counts no more. */
  look(status: IncidentStatus): void;
  /** The diagnosis that named the root cause which was acted upon; the last one, where none did. */
  first(last: IncidentStatus): Pick<IncidentStatus, 'causes' | 'rootCause'> & { ablation: Ablation[] };
}

/** Remembers the diagnosis that counted, and what it becomes without each of its deciding probes. */
export function diagnosisSeen(): SeenDiagnosis {
  let seen: IncidentStatus | undefined;
  return {
    look(status) {
      const named = status.rootCause !== undefined && status.rootCause !== 'unknown' && status.mutations.length === 0;
      // The last one before the first change: a cause that leads to another runbook is followed by that one's diagnosis.
      if (named) seen = status;
    },
    first(last) {
      const { causes, rootCause } = seen ?? last;
      return { causes, ...(rootCause !== undefined && { rootCause }), ablation: seen ? ablationOf(seen) : [] };
    },
  };
}

function ablationOf({ incidentClass, evidence }: IncidentStatus): Ablation[] {
  const loaded = loadRunbooks(path.join(projectRoot(), 'runbooks'), { probes, remedies }).find(({ fileClass }) => fileClass === incidentClass);
  return loaded?.valid ? ablate(loaded.runbook, evidence) : [];
}

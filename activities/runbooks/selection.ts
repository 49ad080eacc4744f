import type { RunbookRequest, RunbookSnapshot } from '../../workflows/contracts';
import { failure } from '../../workflows/contracts';
import type { LoadedRunbook } from './loader';
import { describeMatcher, matchStrength } from './matcher';
import { formatProblem } from './problems';

interface Candidate {
  loaded: LoadedRunbook;
  strength: number;
  because: string;
}

/**
 * The runbook that claims the alerts most closely: more labels before fewer, literal values before patterns, the
 * incident's own failure domain before others, then alphabetically. `null` when none does, or
 * when a class is asked for that has no file.
 * @throws RunbookInvalid when the one that claims them is broken
 */
export function selectRunbook(loaded: readonly LoadedRunbook[], request: RunbookRequest): RunbookSnapshot | null {
  const chosen = request.incidentClass ? byClass(loaded, request.incidentClass) : best(loaded, request);
  return chosen ? snapshot(chosen) : null;
}

function byClass(loaded: readonly LoadedRunbook[], incidentClass: string): Candidate | undefined {
  const found = loaded.find((item) => item.fileClass === incidentClass);
  return found && { loaded: found, strength: 0, because: `the class ${incidentClass} was asked for` };
}

function best(loaded: readonly LoadedRunbook[], request: RunbookRequest): Candidate | undefined {
  const candidates = loaded.flatMap((item) => {
    const candidate = strongest(item, request);
    return candidate ? [candidate] : [];
  });
  const distance = ({ loaded: item }: Candidate) => (item.valid && item.runbook.failureDomain === request.failureDomain ? 0 : 1);
  candidates.sort((a, b) => b.strength - a.strength || distance(a) - distance(b) || (a.loaded.fileClass < b.loaded.fileClass ? -1 : 1));
  return candidates[0];
}

function strongest(loaded: LoadedRunbook, request: RunbookRequest): Candidate | undefined {
  let found: Candidate | undefined;
  for (const matcher of loaded.valid ? loaded.runbook.match : loaded.match) {
    for (const labels of request.alerts) {
      const strength = matchStrength(matcher, labels);
      if (strength === undefined || (found && found.strength >= strength)) continue;
      found = { loaded, strength, because: `alert ${labels['alertname'] ?? '(unnamed)'} matches ${describeMatcher(matcher)}` };
    }
  }
  return found;
}

function snapshot({ loaded, because }: Candidate): RunbookSnapshot {
  if (!loaded.valid) {
    const first = loaded.problems[0]!;
    const more = loaded.problems.length > 1 ? ` (and ${loaded.problems.length - 1} more; \`npx nightshift runbook check\` lists them)` : '';
    throw failure('RunbookInvalid', `The runbook that claims this incident is broken: ${formatProblem(first)}${more}`);
  }
  const { deviations: _deviations, examples: _examples, ...runbook } = loaded.runbook;
  return { runbook, digest: loaded.digest, chosenBecause: because };
}

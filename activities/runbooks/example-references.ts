import type { Runbook, RunbookExample } from '../../workflows/contracts';
import type { RunbookCatalog } from './catalog';
import { matchStrength, parsePattern } from './matcher';
import { oneOf, suggest, type Finding, type Path } from './problems';

/** Evidence keys that are no fields: the sentence that people read. */
const SENTENCE = 'summary';
/** Probes of these systems are asked of the practice cluster itself; all others need recorded answers. */
const ANSWERED_BY_THE_PRACTICE_CLUSTER = /^kubernetes\./;

/** What examples refer to. */
export function exampleFindings(runbook: Runbook, catalog: RunbookCatalog): Finding[] {
  return runbook.examples.flatMap((example, index) => {
    const path = ['examples', index];
    return [
      ...expectationFindings(example, path, runbook),
      ...evidenceFindings(example, 'evidence', path, runbook, catalog),
      ...evidenceFindings(example, 'after', path, runbook, catalog),
      ...coverageFindings(example, path, runbook),
    ];
  });
}

function expectationFindings(example: RunbookExample, path: Path, runbook: Runbook): Finding[] {
  const findings: Finding[] = [];
  const causes = [...runbook.causes.map(({ id }) => id), 'unknown'];
  const remedies = runbook.remedies.map(({ id }) => id);
  if (!causes.includes(example.expect.cause)) {
    findings.push({ path: [...path, 'expect', 'cause'], what: `there is no cause \`${example.expect.cause}\` in this file`, expected: oneOf(causes), mend: suggest(example.expect.cause, causes, 'use one of them') });
  }
  example.expect.remedies.forEach((id, index) => {
    if (!remedies.includes(id)) findings.push({ path: [...path, 'expect', 'remedies', index], what: `there is no remedy \`${id}\` in this file`, expected: oneOf(remedies), mend: suggest(id, remedies, 'use one of them') });
  });
  // A matcher that cannot be used is reported where it stands, and claims nothing.
  const usable = runbook.match.every((matcher) => Object.values(matcher).every((value) => !('fault' in parsePattern(value))));
  if (usable && runbook.match.length > 0 && !runbook.match.some((matcher) => matchStrength(matcher, example.alert) !== undefined)) {
    findings.push({ path: [...path, 'alert'], what: `no matcher of this runbook claims the alert of example \`${example.id}\``, expected: 'an alert that one of `match` claims', mend: 'change the labels or add a matcher' });
  }
  return findings;
}

function evidenceFindings(example: RunbookExample, part: 'evidence' | 'after', path: Path, runbook: Runbook, catalog: RunbookCatalog): Finding[] {
  const probes = runbook.probes.map(({ id }) => id);
  return Object.entries(example[part]).flatMap(([id, fields]): Finding[] => {
    const probe = runbook.probes.find((candidate) => candidate.id === id);
    if (!probe) return [{ path: [...path, part, id], what: `there is no probe \`${id}\` in this file`, expected: oneOf(probes), mend: suggest(id, probes, 'use one of them') }];
    const known = Object.keys(catalog.probes[probe.use]?.fields ?? {});
    if (known.length === 0) return [];
    return Object.keys(fields ?? {})
      .filter((field) => field !== SENTENCE && !known.includes(field))
      .map((field) => ({ path: [...path, part, id, field], what: `${probe.use} has no field \`${field}\``, expected: oneOf(known), mend: suggest(field, known, 'use one of its fields') }));
  });
}

/** An example on the practice cluster must say what the systems answer that are not there. */
function coverageFindings(example: RunbookExample, path: Path, runbook: Runbook): Finding[] {
  if (!example.practice) return [];
  return runbook.probes
    .filter((probe) => !probe.verifyOnly && !ANSWERED_BY_THE_PRACTICE_CLUSTER.test(probe.use) && !(probe.id in example.evidence))
    .map((probe) => ({ path, what: `example \`${example.id}\` is for practice, but records no answer of the probe \`${probe.id}\` (${probe.use})`, expected: 'an entry under `evidence` for every probe that is not a kubernetes probe', mend: `add \`${probe.id}:\` with its fields, or \`${probe.id}: null\` where it does not answer` }));
}

/** What another runbook would have said of an incident that is over: the same rules over the evidence of that time. Pure. */
import type { Evidence } from '../contracts/evidence';
import type { IncidentRecord } from '../contracts/record';
import type { RankedCause, Runbook } from '../contracts/runbook';
import { rankCauses } from './ranking';

export interface Verdicts {
  /** `unknown` where no cause is certain enough. */
  rootCause: string;
  /** On offer for the root cause, in the order in which they are tried. */
  remedies: string[];
  permanentFix: string[];
  causes: Array<Pick<RankedCause, 'id' | 'verdict' | 'confidence'>>;
}

/** One thing that would be otherwise. The first three decide what is done; the others tell why. */
export interface Difference {
  what: 'rootCause' | 'remedies' | 'permanentFix' | 'verdict' | 'confidence';
  /** Of which cause; absent for the first three. */
  cause?: string;
  before: string;
  after: string;
}

export interface WhatIf {
  publicId: string;
  before: Verdicts;
  after: Verdicts;
  differences: Difference[];
  /** Would something else be done? */
  decides: boolean;
  /** Probes of the runbook that were not asked then, or asked otherwise: what they would have answered nobody knows. */
  notAsked: string[];
}

/** @param baseline the runbook to compare with; what was concluded at the time where absent */
export function whatIf({ incident }: IncidentRecord, runbook: Pick<Runbook, 'causes' | 'probes'>, baseline?: Pick<Runbook, 'causes' | 'probes'>): WhatIf {
  // What is asked after a change tells whether it helped; the diagnosis that counted is the one before.
  const evidence = incident.treatedEvidence ?? incident.evidence;
  const before = baseline ? verdictsOf(baseline, evidence) : concluded(incident);
  const after = verdictsOf(runbook, evidence);
  const differences = differencesOf(before, after);
  const asked = new Map(evidence.map(({ probe, use }) => [probe, use]));
  const notAsked = runbook.probes.filter(({ id, use, verifyOnly }) => !verifyOnly && asked.get(id) !== use).map(({ id }) => id);
  return { publicId: incident.publicId, before, after, differences, decides: differences.some(({ what }) => DECIDING.has(what)), notAsked };
}

const DECIDING: ReadonlySet<string> = new Set<Difference['what']>(['rootCause', 'remedies', 'permanentFix']);

function verdictsOf(runbook: Pick<Runbook, 'causes' | 'probes'>, evidence: readonly Evidence[]): Verdicts {
  const uses = new Map(runbook.probes.map(({ id, use }) => [id, use]));
  const { causes, rootCause } = rankCauses(runbook, evidence.filter(({ probe, use }) => uses.get(probe) === use));
  return verdicts(causes, rootCause);
}

function concluded({ treatedEvidence, treatedCause, causes, rootCause = 'unknown' }: IncidentRecord['incident']): Verdicts {
  return treatedEvidence && treatedCause ? verdicts([treatedCause], treatedCause.id) : verdicts(causes, rootCause);
}

function verdicts(causes: readonly RankedCause[], rootCause: string): Verdicts {
  const best = causes.find(({ id }) => id === rootCause);
  return { rootCause, remedies: best?.remedies ?? [], permanentFix: best?.permanentFix ?? [], causes: causes.map(({ id, verdict, confidence }) => ({ id, verdict, confidence })) };
}

function differencesOf(before: Verdicts, after: Verdicts): Difference[] {
  const decided = (['rootCause', 'remedies', 'permanentFix'] as const).flatMap((what): Difference[] => {
    const [was, is] = [String(before[what]), String(after[what])];
    return was === is ? [] : [{ what, before: was || 'none', after: is || 'none' }];
  });
  const known = new Map(before.causes.map((cause) => [cause.id, cause]));
  const told = after.causes.flatMap(({ id, verdict, confidence }): Difference[] => {
    const was = known.get(id);
    if (was?.verdict !== verdict) return [{ what: 'verdict', cause: id, before: was?.verdict ?? 'no such cause', after: verdict }];
    return was.confidence === confidence ? [] : [{ what: 'confidence', cause: id, before: was.confidence.toFixed(2), after: confidence.toFixed(2) }];
  });
  const still = new Set(after.causes.map(({ id }) => id));
  const gone = before.causes.filter(({ id }) => !still.has(id)).map(({ id, verdict }): Difference => ({ what: 'verdict', cause: id, before: verdict, after: 'no such cause' }));
  return [...decided, ...told, ...gone];
}

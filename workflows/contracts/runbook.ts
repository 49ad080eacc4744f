import type { Condition, Evidence } from './evidence';
import type { FailureDomain, Impact, IncidentClass } from './vocabulary';
import type { ObjectEdits } from './permanent-fix';
import type { Json, JsonObject, Text } from './text';

/** Labels that an alert must carry, each compared as a whole; a value may be an anchored regular expression between slashes. */
export type AlertMatcher = Record<string, string>;

export interface ProbeSpec {
  id: string;
  /** A registered probe, e.g. `kubernetes.pods`. */
  use: string;
  with: JsonObject;
  /** Asked when a recovery is verified, not for the diagnosis: it observes over a window, for which the diagnosis has no time. */
  verifyOnly?: boolean;
  /** Not applicable where the cluster has no such role; of the common lines of verification, which every cluster gets. */
  role?: string;
}

export interface CauseSpec {
  id: string;
  title: Text;
  /** One or two sentences for the person at 3 a.m.: what happened and why the evidence says so. */
  explanation: Text;
  /** Must be true for the cause to be named. Unknown when its evidence is missing: the cause is then kept, ranked lower, and says what is missing. */
  when: Condition;
  supports: Condition[];
  contradicts: Condition[];
  confidence: 'high' | 'medium' | 'low';
  impact: Impact;
  /** Roles of the objects that this cause blames. One that changed shortly before the incident began makes it more likely. */
  about?: string[];
  /**
   * The class whose runbook treats this cause: the incident goes on with that one. What stands below counts only where it
   * cannot, because there is no such runbook or the incident has come from there.
   */
  leadsTo?: IncidentClass;
  /** Remedy ids in the order in which they are tried. Empty: a person has to act, and `advice` says how. */
  remedies: string[];
  advice?: Text;
  /** Ids of the permanent fixes that stop this from coming back. */
  permanentFix: string[];
  /** Where the rule comes from: a section of the domain reference, an issue, a measurement. */
  source?: string;
}

export interface RemedySpec {
  id: string;
  /** A registered remedy, e.g. `kubernetes.evictPods`. Its risk belongs to its code, not to this file. */
  use: string;
  title: Text;
  with: JsonObject;
  /** Why this and not what the handbook says, and what to watch. */
  note?: Text;
}

export interface VerifySpec {
  id: string;
  title: Text;
  condition: Condition;
  /** A line of the post-recovery checklist, which every runbook has. */
  common?: true;
  /** `recovered`: decides when the recovery began; `stability`: confirms it afterwards. Both where absent. */
  stage?: 'recovered' | 'stability';
}

export interface PermanentFixSpec {
  id: string;
  title: Text;
  description: Text;
  /** A patch to propose, as text that a person applies; a runbook without one proposes in words. */
  patch?: { file: string; content: string };
  /** The same as a change of the desired state, where its values can be known; goes into the Git repository. */
  change?: ChangeSpec;
  /** Of `keep-live-change`: what the incident changed, which is known by object and field. */
  keeps?: ObjectEdits[];
}

/** How one field should be; exactly one of `to`, `atLeast`, `add`, `given` and `running`. `$container` in `path` is the target's container. */
export interface EditSpec {
  path: string;
  to?: Json;
  atLeast?: number;
  add?: string;
  /** What this incident's remedy gave, and what helped: the largest where it gave several. Without such a change there is no value, and the fix stays text. */
  given?: { use: string; field: string };
  /** The image that runs now, by digest; without one that all ready pods run there is no value. */
  running?: 'image';
}

/** A change of one object's desired state: fields of the object that has a role, or an object that should be there. */
export interface ChangeSpec {
  target: string;
  edits?: EditSpec[];
  /** `$name`, `$namespace` and `$selector` (the labels of its pods) are those of the target. */
  manifest?: JsonObject;
}

/** One line of a checklist: what must hold for nobody to have to look there. */
export interface ChecklistLineSpec {
  id: string;
  title: Text;
  /** True: ok. False: look here. Unknown, because a probe did not answer: said so. */
  ok: Condition;
  /** Probes whose answers are shown below the line, whatever its verdict: events by time, logs side by side. */
  shows?: string[];
}

/** Questions of the runbook in the order in which a person goes through them. */
export interface ChecklistSpec {
  id: string;
  title: Text;
  lines: ChecklistLineSpec[];
}

/** Recorded evidence and what must follow from it. Every example runs as a test, and can be played on the practice cluster. */
export interface RunbookExample {
  id: string;
  title: Text;
  /** Offered by the practice cluster. */
  practice: boolean;
  /** Labels of the alert that opens it. */
  alert: Record<string, string>;
  /**
   * Changes to the healthy pipeline's objects, found by kind and name; `null` removes the object. Merge patches, in which
   * lists of named items merge by name; `$replace(a, b)` edits a text and `$append(x)` a list, `$ago(5m)` is a time,
   * `$updateRevision` the newest revision of a pod's StatefulSet.
   */
  objects: Array<{ kind: string; name: string; patch: JsonObject | null }>;
  /** What the containers of the practice cluster log; only what rules or readers look for. */
  logs: Array<{ pod: string; previous?: boolean; lines: string[] }>;
  /** Fields per probe id. A kubernetes probe without an entry is asked for real, of the in-memory objects. `null`: the probe does not answer. */
  evidence: Record<string, JsonObject | null>;
  /** Fields per probe id once the plan has been executed; probes without an entry are asked for real or answer as before. */
  after: Record<string, JsonObject | null>;
  expect: {
    /** The top-ranked cause, or `unknown`. */
    cause: string;
    /** The remedies on offer, in order. */
    remedies: string[];
    /** Steps of the first remedy's plan as `action Kind/name`, in order; absent where it is not planned. */
    steps?: string[];
    risk?: string;
  };
}

/** Where the runbook leaves the handbook's path, and why. */
export interface Deviation {
  handbook: Text;
  instead: Text;
  why: Text;
}

export interface Runbook {
  id: IncidentClass;
  /** Raised by whoever changes the meaning of the file. */
  revision: number;
  title: Text;
  summary: Text;
  failureDomain: FailureDomain;
  match: AlertMatcher[];
  /** Roles of the cluster configuration that this runbook may look at and change: `agent`, `receiver`, … */
  targets: string[];
  probes: ProbeSpec[];
  causes: CauseSpec[];
  remedies: RemedySpec[];
  verify: VerifySpec[];
  /** How the evidence is laid out for a person where no cause is certain; of `unknown` only. */
  checklists?: ChecklistSpec[];
  permanentFix: PermanentFixSpec[];
  deviations: Deviation[];
  examples: RunbookExample[];
}

/** The runbook as it was when the incident began; lives in the incident's history, so later edits change no running incident. */
export interface RunbookSnapshot {
  runbook: Omit<Runbook, 'deviations' | 'examples'>;
  /** SHA-256 of the file's content, hex. */
  digest: string;
  /** Why this runbook: the matcher that claimed the alert, or the step of the triage tree. */
  chosenBecause: string;
}

/** One root cause after the rules have run. */
export interface RankedCause {
  id: string;
  title: Text;
  explanation: Text;
  /** 0 to 1. */
  confidence: number;
  verdict: 'confirmed' | 'possible' | 'rejected';
  impact: Impact;
  supports: string[];
  contradicts: string[];
  missing: string[];
  remedies: string[];
  permanentFix: string[];
  advice?: Text;
  leadsTo?: IncidentClass;
}

export interface Diagnosis {
  /** Best first; rejected ones last, so that a reader sees what was ruled out and why. */
  causes: RankedCause[];
  /** The id of the confirmed cause, or `unknown`. */
  rootCause: string;
  evidence: Evidence[];
}

import { z } from 'zod';
import { FAILURE_DOMAINS, IMPACTS, INCIDENT_CLASSES, type Json, type JsonObject, type Runbook } from '../../workflows/contracts';
import type { RunbookCatalog } from './catalog';
import { conditionSchema } from './condition-schema';

/** Ids are used in URLs, tables and commands: short and plain. */
const id = (what: string) => z.string().regex(/^[A-Za-z][A-Za-z0-9-]{1,60}$/, 'letters, digits and dashes, beginning with a letter').describe(`Id of the ${what}: letters, digits, dashes; unique in this file.`);

const text = (what: string) =>
  z.strictObject({ en: z.string().min(1).describe('In English.'), ko: z.string().min(1).describe('In Korean.') }).describe(what);

const json: z.ZodType<Json> = z.json();
const parameters = (what: string): z.ZodType<JsonObject> => z.record(z.string(), json).describe(what);
const labels = (what: string) => z.record(z.string(), z.string()).refine((value) => Object.keys(value).length > 0, 'at least one label').describe(what);
const evidence = (what: string) => z.record(z.string(), z.record(z.string(), json).nullable()).default({}).describe(what);

const probe = z.strictObject({
  id: id('probe'),
  use: z.string().describe('A registered probe, e.g. kubernetes.pods; `nightshift runbook list --probes` shows all.'),
  with: parameters('Input of the registered probe; may be left out where it needs none.').default({}),
  verifyOnly: z.boolean().exactOptional().describe('Asked when a recovery is verified, not for the diagnosis: it observes over a window.'),
});

const cause = z.strictObject({
  id: id('cause'),
  title: text('A few words, as in a headline.'),
  explanation: text('One or two sentences for the person at 3 a.m.: what happened, and why the evidence says so.'),
  when: conditionSchema.describe('Must be true for the cause to be named. Unknown where its evidence is missing: the cause is kept, ranked lower.'),
  supports: z.array(conditionSchema).default([]).describe('Each one that is true makes the cause more likely.'),
  contradicts: z.array(conditionSchema).default([]).describe('Each one that is true makes the cause less likely.'),
  confidence: z.enum(['high', 'medium', 'low']).describe('How sure one can be once `when` is true.'),
  impact: z.enum(IMPACTS).describe('outage: data is lost or delayed; degraded: only redundancy is gone; none: nothing yet.'),
  about: z.array(z.string()).exactOptional().describe('Roles of the objects that this cause blames: one that changed shortly before the incident began makes it more likely.'),
  leadsTo: z.enum(INCIDENT_CLASSES).exclude(['unknown']).exactOptional().describe('The class whose runbook treats this cause; the incident goes on with that one. Remedies and advice are for where it cannot.'),
  remedies: z.array(z.string()).default([]).describe('Remedy ids in the order in which they are tried. Empty: a person has to act, and `advice` says how.'),
  advice: text('What a person should do; needed where there is no remedy.').exactOptional(),
  permanentFix: z.array(z.string()).default([]).describe('Ids of the permanent fixes that stop this from coming back.'),
  source: z.string().describe('Where the rule comes from: a document, an issue, a measurement.').exactOptional(),
});

const remedy = z.strictObject({
  id: id('remedy'),
  use: z.string().describe('A registered remedy, e.g. kubernetes.evictPods. Its risk belongs to its code and cannot be set here.'),
  title: text('What is done, in a few words.'),
  with: parameters('Input of the registered remedy.').default({}),
  note: text('Why this and not what the handbook says, and what to watch.').exactOptional(),
});

const verify = z.strictObject({
  id: id('condition'),
  title: text('What must hold again, in a few words.'),
  condition: conditionSchema.describe('Must be true; an unanswered probe counts as not held.'),
});

const checklist = z.strictObject({
  id: id('checklist'),
  title: text('Its name.'),
  lines: z
    .array(
      z.strictObject({
        id: id('line'),
        title: text('What is looked at, in a few words.'),
        ok: conditionSchema.describe('True: ok. False: look here. Unknown: not answered.'),
        shows: z.array(z.string()).exactOptional().describe('Probes whose tables are shown with the line as well.'),
      }),
    )
    .min(1)
    .describe('Its lines, in the order in which a person goes through them.'),
});

/** The ways in which a value is known; each edit names exactly one. */
const VALUES = ['to', 'atLeast', 'add', 'given', 'running'] as const;

const edit = z
  .strictObject({
    path: z.string().regex(/^(\/[^/]+)+$/, 'a path such as /spec/template/spec/containers/name=$container/args').describe('The field: a JSON Pointer in which name=x picks a list’s item. $container is the target’s container, $key its key, $claim the claim template that a volume was grown of.'),
    to: json.describe('The value.').exactOptional(),
    atLeast: z.number().describe('A number that may be larger already.').exactOptional(),
    add: z.string().min(1).describe('An item of a list of texts, such as an argument; an item that gives the same option another value is replaced.').exactOptional(),
    given: z
      .strictObject({ use: z.string().describe('A registered remedy.'), field: z.string().describe('How the path of the field ends that it changes.') })
      .describe('The value that this incident’s remedy gave, the largest where it gave several. Where it gave none, the fix stays text.')
      .exactOptional(),
    running: z.literal('image').describe('The image that all ready pods run now, by digest.').exactOptional(),
  })
  .refine((value) => VALUES.filter((way) => value[way] !== undefined).length === 1, `exactly one of ${VALUES.join(', ')}`);

const change = z
  .strictObject({
    target: z.string().describe('Role of the object.'),
    edits: z.array(edit).min(1).describe('Its fields, as they should be.').exactOptional(),
    manifest: z.record(z.string(), json).describe('An object that should be there. $name, $namespace and $selector (labels of its pods) are those of the target.').exactOptional(),
  })
  .refine((value) => (value.edits === undefined) !== (value.manifest === undefined), 'either edits or a manifest');

const permanentFix = z.strictObject({
  id: id('permanent fix'),
  title: text('The change, in a few words.'),
  description: text('Why it stops the recurrence, and how one proves that it does.'),
  patch: z
    .strictObject({ file: z.string().describe('Name of the file that is proposed.'), content: z.string().min(1).describe('A patch or manifest as text.') })
    .describe('What to apply in the GitOps repository.')
    .exactOptional(),
  change: change.describe('The same as a change of the desired state, where its values can be known: it is made in the Git repository. Invent no values; a fix without one stays text.').exactOptional(),
});

const deviation = z.strictObject({
  handbook: text('What the handbook says.'),
  instead: text('What this runbook does.'),
  why: text('Why that is safer.'),
});

const example = z.strictObject({
  id: id('example'),
  title: text('The situation, in a few words.'),
  practice: z.boolean().default(false).describe('Offered by the practice cluster.'),
  alert: labels('Labels of the alert that opens it.'),
  objects: z
    .array(
      z.strictObject({
        kind: z.string().describe('Kind of the object, e.g. Pod.'),
        name: z.string().describe('Name of the object.'),
        patch: z.record(z.string(), json).nullable().describe('A merge patch (lists of named items merge by name; $replace(a, b), $append(x), $ago(5m), $updateRevision); null removes the object.'),
      }),
    )
    .default([])
    .describe('Changes to the healthy pipeline of the practice cluster.'),
  logs: z
    .array(
      z.strictObject({
        pod: z.string().describe('Name of the pod.'),
        previous: z.boolean().exactOptional().describe('true: of the container that ended before.'),
        lines: z.array(z.string()).min(1).describe('Lines as the program writes them; $ago(30s) is a time.'),
      }),
    )
    .default([])
    .describe('What the containers of the practice cluster log.'),
  evidence: evidence('Fields per probe id. A kubernetes probe without an entry is asked of the practice cluster. null: it does not answer.'),
  after: evidence('Fields per probe id once the plan has been executed.'),
  expect: z
    .strictObject({
      cause: z.string().describe('Id of the top-ranked cause, or unknown.'),
      remedies: z.array(z.string()).default([]).describe('The remedies on offer, in order.'),
      steps: z.array(z.string().regex(/^[a-z][A-Za-z]+ [A-Za-z]+\/[a-z0-9.-]+$/, 'action Kind/name, e.g. evict Pod/thanos-receive-1')).exactOptional().describe("Steps of the plan of the first remedy that has something to do, in order."),
      risk: z.enum(['safe', 'disruptive', 'destructive']).exactOptional().describe("Risk of that plan."),
    })
    .describe('What must follow from the evidence.'),
});

/** A runbook file: the shape alone; `references.ts` checks what the words refer to. */
export const runbookSchema: z.ZodType<Runbook> = z.strictObject({
  id: z.enum(INCIDENT_CLASSES).describe("The incident class; also the file's name."),
  revision: z.int().positive().describe('Raised by whoever changes the meaning of the file.'),
  title: text('The problem, in a few words.'),
  summary: text('What the runbook is about, in a sentence or two.'),
  failureDomain: z.enum(FAILURE_DOMAINS).describe('What fails together; also what the lease locks while an incident changes it.'),
  match: z.array(labels('Labels that an alert must carry; /…/ makes a value an anchored regular expression.')).describe('Alerts that this runbook claims; the most specific matcher of all runbooks wins. Empty for `unknown` only: it takes what no other runbook claims.'),
  targets: z.array(z.string()).min(1).describe("Roles of the cluster's configuration that may be looked at and changed: agent, receiver, …"),
  probes: z.array(probe).min(1).describe('What is asked, all at once, within a minute.'),
  causes: z.array(cause).min(1).describe('Root causes; of equally likely ones the first in the file wins, so put the more specific first.'),
  remedies: z.array(remedy).default([]).describe('What can be done.'),
  verify: z.array(verify).min(1).describe('All must hold before the incident counts as recovered.'),
  checklists: z.array(checklist).exactOptional().describe('How the evidence is laid out for a person where no cause is certain; of `unknown` only.'),
  permanentFix: z.array(permanentFix).default([]).describe('Changes to the GitOps repository that stop the recurrence.'),
  deviations: z.array(deviation).default([]).describe("Where this runbook leaves the handbook's path."),
  examples: z.array(example).min(1).describe('Recorded evidence and what must follow; every one runs as a test.'),
});

/** JSON Schema (draft 2020-12) of a runbook file, for editors; with a catalog it knows the names of probes and remedies. */
export function runbookJsonSchema(catalog?: RunbookCatalog): JsonObject {
  const schema = z.toJSONSchema(runbookSchema, { io: 'input' }) as JsonObject;
  if (catalog) {
    nameUses(schema, 'probes', Object.keys(catalog.probes));
    nameUses(schema, 'remedies', Object.keys(catalog.remedies));
  }
  return { title: 'Nightshift runbook', ...schema };
}

function nameUses(schema: JsonObject, list: 'probes' | 'remedies', names: string[]): void {
  const { properties } = schema as { properties: Record<string, { items: { properties: Record<string, JsonObject> } }> };
  properties[list]!.items.properties['use'] = { ...properties[list]!.items.properties['use'], enum: names };
}

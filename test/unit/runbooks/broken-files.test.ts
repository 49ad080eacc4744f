import { probes, remedies } from '../../../activities/registry';
import { checkRunbook } from '../../../activities/runbooks/loader';
import { formatProblem } from '../../../activities/runbooks/problems';
import { SAMPLE, broken } from './sample-runbook';

const FILE = 'runbooks/remote-write-failure.yaml';

function problemsOf(content: string, file = FILE): string[] {
  const loaded = checkRunbook(file, content, { probes, remedies });
  return loaded.valid ? [] : loaded.problems.map(formatProblem);
}

/** The registered names, as a message lists them: what is registered grows, and the list is cut at sixteen. */
function listed(registered: object): string {
  const names = Object.keys(registered);
  return names.length > 16 ? `${names.slice(0, 16).join(', ')}, … (${names.length} in all)` : names.join(', ').replace(/, ([^,]+)$/, ' or $1');
}

/** What is broken, how, and every message that a reader gets for it, without the name of the file. */
const TABLE: Array<[what: string, content: string, messages: string[]]> = [
  ['a comma that ends a text', broken('title: { en: Remote', 'title: { en: Remote write, fails'), [
    '3:28: unknown key `fails write fails` in `title`; expected one of en or ko; remove it',
  ]],
  ['an open bracket', broken('targets: [receiver]', 'targets: [receiver'), [
    '9:1: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; expected YAML 1.2; look at indentation, quotes and brackets here and in the line before',
  ]],
  ['a tab', broken('    confidence: high', '\tconfidence: high'), [
    '16:1: this is not YAML: Tabs are not allowed as indentation; expected YAML 1.2; use spaces',
  ]],
  ['an unquoted colon', broken('summary: { en: A sample., ko: 예시. }', 'summary:\n  en: A sample: small\n  ko: 예시'), [
    '5:7: this is not YAML: Nested mappings are not allowed in compact mappings; expected YAML 1.2; put a text that holds a colon and a space in quotes, or write it below `>-`',
  ]],
  ['a key twice', broken('revision: 1\n', 'revision: 1\nrevision: 2\n'), [
    '3:1: this is not YAML: Map keys must be unique; expected YAML 1.2; remove one of the two keys',
  ]],
  ['an empty file', '', [
    '1:1: the file is empty; expected a map of keys; change the value',
  ]],
  ['an unknown key', broken('    confidence: high', '    confidance: high'), [
    '12:5: `confidence` is missing in `causes[0]`; expected one of high, medium or low; add it',
    '16:5: unknown key `confidance` in `causes[0]`; expected one of id, title, explanation, when, supports, contradicts, confidence, impact, about, leadsTo, remedies, advice, permanentFix or source; did you mean `confidence`?',
  ]],
  ['a missing key', broken('summary: { en: A sample., ko: 예시. }\n', ''), [
    '1:1: `summary` is missing; expected a map of keys (What the runbook is about, in a sentence or two); add it',
  ]],
  ['a missing translation', broken('{ en: Broken, ko: 고장 }', '{ en: Broken }'), [
    '13:12: `ko` is missing in `causes[0].title`; expected a text (In Korean); add it',
  ]],
  ['a word that is none of the list', broken('impact: outage', 'impact: outtage'), [
    '17:13: `causes[0].impact` is the text "outtage"; expected one of outage, degraded or none; did you mean `outage`?',
  ]],
  ['another type', broken('revision: 1', 'revision: one'), [
    '2:11: `revision` is the text "one"; expected a number (Raised by whoever changes the meaning of the file); change the value',
  ]],
  ['an id that cannot be typed', broken('id: broken', 'id: "broken pods!"'), [
    '12:9: `causes[0].id` is the text "broken pods!"; expected letters, digits and dashes, beginning with a letter; change the value',
  ]],
  ['the wrong file name', broken('id: remote-write-failure', 'id: disk-full'), [
    '1:5: `id` is disk-full, but the file is remote-write-failure.yaml; expected remote-write-failure; change the id or rename the file',
  ]],
  ['an unknown probe', broken('use: kubernetes.pods', 'use: kubernetes.pod'), [
    `10:22: no probe is registered as \`kubernetes.pod\`; expected one of ${listed(probes)}; did you mean \`kubernetes.pods\`?`,
  ]],
  ['an unknown remedy', broken('use: kubernetes.evictPods', 'use: kubernetes.restart'), [
    `20:23: no remedy is registered as \`kubernetes.restart\`; expected one of ${listed(remedies)}; see \`npx nightshift runbook list --remedies\``,
  ]],
  ['a bad input of a probe', broken('with: { target: receiver } }\ncauses', 'with: { role: receiver } }\ncauses'), [
    '10:45: `target` is missing in `probes[0].with` (kubernetes.pods); expected a text (Role of a StatefulSet, Deployment or DaemonSet); add it; see `npx nightshift runbook list --probes`',
    '10:47: unknown key `role` in `probes[0].with` (kubernetes.pods); expected target; remove it; see `npx nightshift runbook list --probes`',
  ]],
  ['a bad duration', broken('{ id: pods, use: kubernetes.pods, with: { target: receiver } }', '{ id: pods, use: kubernetes.logs, with: { target: receiver, patterns: [connectionRefused], since: ten minutes } }'), [
    '10:103: `probes[0].with.since` is the text "ten minutes" (kubernetes.logs); expected a text of the form /^\\d+[smh]$/ (How far back, e.g. 10m); change the value; see `npx nightshift runbook list --probes`',
    '15:33: kubernetes.logs has no field `broken`; expected one of matched, lines, pods, matchedPods or empty; use one of its fields',
    '22:81: kubernetes.logs has no field `notReady`; expected one of matched, lines, pods, matchedPods or empty; use one of its fields',
    '27:33: kubernetes.logs has no field `broken`; expected one of matched, lines, pods, matchedPods or empty; use one of its fields',
  ]],
  ['a target that is not declared', broken('targets: [receiver]', 'targets: [agent]'), [
    '10:45: `receiver` is not among this runbook\'s targets; expected agent; add it to `targets`',
    '20:81: `receiver` is not among this runbook\'s targets; expected agent; add it to `targets`',
  ]],
  ['an object to blame that is not declared', broken('    impact: outage\n', '    impact: outage\n    about: [recever]\n'), [
    '18:12: `recever` is not among this runbook\'s targets; expected receiver; did you mean `receiver`?',
  ]],
  ['a list of targets that are not declared', broken('with: { target: receiver } }\ncauses', 'with: { target: receiver } }\n  - { id: changes, use: kubernetes.recentChanges, with: { targets: [receiver, hashring] } }\ncauses'), [
    '11:57: `hashring` is not among this runbook\'s targets; expected receiver; add it to `targets`',
  ]],
  ['a cause that leads to its own class', broken('    impact: outage\n', '    impact: outage\n    leadsTo: remote-write-failure\n'), [
    '18:14: cause `broken` leads to the class that it is in; expected another class; name its remedies here',
  ]],
  ['a condition about an unknown probe', broken('when: { probe: pods', 'when: { probe: pod'), [
    '15:20: there is no probe `pod` in this file; expected pods; did you mean `pods`?',
  ]],
  ['a condition about an unknown field', broken('field: broken, above', 'field: crashed, above'), [
    '15:33: kubernetes.pods has no field `crashed`; expected one of exists, members, ready, notReady, broken, starting, stuck, pending, terminating, missing, readyNames, notReadyNames, brokenNames, waitingReasons, terminatedReasons, oomKilled, … (27 in all); use one of its fields',
  ]],
  ['an operator that does not suit the field', broken('field: broken, above: 0', 'field: waitingReasons, above: 0'), [
    '15:56: kubernetes.pods.waitingReasons is a list, which `above: 0` cannot be compared with; expected a list with one of includes, excludes or isEmpty; change the operator or the value',
  ]],
  ['a value that does not suit the field', broken('field: broken, above: 0', 'field: broken, is: "2"'), [
    '15:45: kubernetes.pods.broken is a number, which `is: "2"` cannot be compared with; expected a number with one of is, isNot, above, atLeast, below, atMost or isEmpty; change the operator or the value',
  ]],
  ['a condition without an operator', broken('when: { probe: pods, field: broken, above: 0 }', 'when: { probe: pods, field: broken }'), [
    '15:11: `causes[0].when` is no condition: it has the keys probe, field; expected exactly one of all, any, not, is, isNot, includes, excludes, above, atLeast, below, atMost, isEmpty; add an operator, e.g. `is: true`',
  ]],
  ['a condition with two operators', broken('field: broken, above: 0', 'field: broken, above: 0, below: 3'), [
    '15:11: `causes[0].when` is no condition: it has above and below at once; expected exactly one of all, any, not, is, isNot, includes, excludes, above, atLeast, below, atMost, isEmpty; combine two comparisons with `all:` or `any:`',
  ]],
  ['a misspelt operator', broken('field: broken, above: 0', 'field: broken, abvoe: 0'), [
    '15:11: `causes[0].when` is no condition: it has the keys probe, field, abvoe; expected exactly one of all, any, not, is, isNot, includes, excludes, above, atLeast, below, atMost, isEmpty; did you mean `above`?',
  ]],
  ['a nested condition with a fault', broken('when: { probe: pods, field: broken, above: 0 }', 'when: { all: [{ probe: pods, field: broken, above: many }] }'), [
    '15:56: `causes[0].when.all[0].above` is the text "many"; expected a number; change the value',
  ]],
  ['an unknown remedy of a cause', broken('remedies: [evict]\nremedies', 'remedies: [evikt]\nremedies'), [
    '18:16: there is no remedy `evikt` in this file; expected evict; did you mean `evict`?',
  ]],
  ['a cause without remedy and advice', broken('    remedies: [evict]\nremedies', 'remedies'), [
    '12:5: cause `broken` has neither remedies nor advice; expected one of the two; say in `advice` what a person should do',
  ]],
  ['a cause without example', broken('expect: { cause: broken, remedies: [evict] }', 'expect: { cause: unknown }'), [
    '12:9: no example expects the cause `broken`; expected at least one example a cause; record one under `examples` with `expect: { cause: … }`',
  ]],
  ['an example of an unknown cause', broken('expect: { cause: broken,', 'expect: { cause: borken,'), [
    '12:9: no example expects the cause `broken`; expected at least one example a cause; record one under `examples` with `expect: { cause: … }`',
    '28:22: there is no cause `borken` in this file; expected one of broken or unknown; did you mean `broken`?',
  ]],
  ['an example whose alert nobody claims', broken('    alert: { alertname: RemoteWriteLagging }', '    alert: { alertname: DiskFull }'), [
    '26:12: no matcher of this runbook claims the alert of example `one`; expected an alert that one of `match` claims; change the labels or add a matcher',
  ]],
  ['an example with an unknown probe', broken('evidence: { pods: { broken: 1 } }', 'evidence: { podz: { broken: 1 } }'), [
    '27:23: there is no probe `podz` in this file; expected pods; did you mean `pods`?',
  ]],
  ['an example with an unknown field', broken('evidence: { pods: { broken: 1 } }', 'evidence: { pods: { brokn: 1 } }'), [
    '27:32: kubernetes.pods has no field `brokn`; expected one of exists, members, ready, notReady, broken, starting, stuck, pending, terminating, missing, readyNames, notReadyNames, brokenNames, waitingReasons, terminatedReasons, oomKilled, … (27 in all); did you mean `broken`?',
  ]],
  ['an id twice', broken('verify:\n', 'verify:\n  - { id: ready, title: { en: Ready, ko: 준비 }, condition: { probe: pods, field: notReady, is: 0 } }\n'), [
    '23:11: `ready` is already the id of verify[0]; expected an id that is unique in verify; rename one of the two',
  ]],
  ['no example at all', SAMPLE.slice(0, SAMPLE.indexOf('examples:')), [
    '1:1: `examples` is missing; expected a list (Recorded evidence and what must follow; every one runs as a test); add it',
  ]],
  ['a matcher that does not compile', broken('alertname: RemoteWriteLagging }\ntargets', 'alertname: "/RemoteWrite(/" }\ntargets'), [
    '7:18: the regular expression does not compile: Invalid regular expression: /^(?:RemoteWrite()$/: Unterminated group; expected a literal value, or a simple regular expression between slashes; simplify it, or list the values in matchers of their own',
  ]],
  ['a matcher that can take for ever', broken('alertname: RemoteWriteLagging }\ntargets', 'alertname: "/(a+)+b/" }\ntargets'), [
    '7:18: the regular expression can take exponential time (repetition inside a repetition); expected a literal value, or a simple regular expression between slashes; simplify it, or list the values in matchers of their own',
  ]],
  ['a practice example that leaves a system out', broken('{ id: pods, use: kubernetes.pods, with: { target: receiver } }', '{ id: pods, use: kubernetes.pods, with: { target: receiver } }\n  - { id: write, use: prometheus.agentRemoteWrite }').replace('    title: { en: One, ko: 하나 }', '    title: { en: One, ko: 하나 }\n    practice: true'), [
    '25:5: example `one` is for practice, but records no answer of the probe `write` (prometheus.agentRemoteWrite); expected an entry under `evidence` for every probe that is not a kubernetes probe; add `write:` with its fields, or `write: null` where it does not answer',
  ]],
];

describe('a broken runbook file', () => {
  it('is recognised against a sample that is right', () => expect(problemsOf(SAMPLE)).toEqual([]));

  it.each(TABLE)('%s', (_, content, messages) => expect(problemsOf(content)).toEqual(messages.map((message) => `${FILE}:${message}`)));

  it('is refused when it is far too large', () => {
    expect(problemsOf(`${SAMPLE}# ${'x'.repeat(600_000)}\n`)).toEqual([`${FILE}:1:1: the file has 600911 characters; expected at most 524288; keep recorded evidence short: fields and a sentence`]);
  });

  it('is refused when its aliases would fill the memory', () => {
    const lines = Array.from({ length: 12 }, (_, level) => `  k${level}: &a${level} [${level === 0 ? 'x' : Array(10).fill(`*a${level - 1}`).join(', ')}]`);
    expect(problemsOf(`x:\n${lines.join('\n')}\n`)).toEqual([`${FILE}:1:1: the file repeats itself too often by aliases: Excessive alias count indicates a resource exhaustion attack; expected at most 1000 repetitions; write some of them out`]);
  });

  it('reports every problem of a file, in the order of its lines', () => {
    const content = broken('field: broken, above: 0', 'field: crashed, above: 0').replace('use: kubernetes.evictPods', 'use: kubernetes.evict');
    expect(problemsOf(content).map((problem) => problem.split(':')[1])).toEqual(['15', '20']);
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { renderPostmortem } from '../../../activities/records/postmortem';
import { speaker } from '../../../activities/records/postmortem/language';
import { block, code, escape, table } from '../../../activities/records/postmortem/markdown';
import { summary } from '../../../activities/records/postmortem/summary';
import type { IncidentRecord, Locale } from '../../../workflows/contracts';
import { FIXTURES, fixture } from './records-harness';

/** `UPDATE_GOLDEN=1 npx jest test/unit/records` writes the files anew; read the difference before you commit it. */
function golden(name: string, content: string): string {
  const file = path.join(__dirname, 'golden', name);
  if (process.env['UPDATE_GOLDEN'] || !existsSync(file)) writeFileSync(file, content);
  return readFileSync(file, 'utf8');
}

const LOCALES: Locale[] = ['en', 'ko'];
const cases = FIXTURES.flatMap((name) => LOCALES.map((locale) => [name, locale] as const));

describe('the postmortem', () => {
  it.each(cases)('of an incident that was %s, in %s, is as it was read and approved', (name, locale) => {
    const text = renderPostmortem({ ...fixture(name), locale });
    expect(text).toBe(golden(`${name}.${locale}.md`, text));
  });

  it('begins with three sentences', () => {
    const sentences = summary(fixture('recovered'), speaker('en'));
    expect(sentences.match(/\.(?= |$)/g)).toHaveLength(3);
    expect(sentences).toMatch(/^On 21 November 2026, 23:58:11 UTC, cluster cluster-03 raised the alarm “Remote write is failing”; this was an outage/);
    expect(summary(fixture('recovered'), speaker('ko')).match(/다\.(?= |$)/g)).toHaveLength(3);
  });

  it.each(cases)('of %s in %s holds nothing from outside that could act', (name, locale) => {
    const text = withoutCode(renderPostmortem({ ...poisoned(fixture(name)), locale }));
    expect(text).not.toMatch(/(?<!\\)<(script|img|b)\b/i);
    expect(text).not.toMatch(/(?<!\\)\]\(http/);
    expect(text).not.toMatch(/https?:\/\//);
    for (const steering of ['\u202e', '\u200b', '\u0007']) expect(text).not.toContain(steering);
    expect(text).not.toMatch(/^# injected/m);
  });

  it('says unknown where nobody can say', () => {
    const record = fixture('recovered');
    const { impact: _impact, recoveredAt: _recoveredAt, fiveW1H: _fiveW1H, ...incident } = record.incident;
    const text = renderPostmortem({ ...record, incident: { ...incident, evidence: [], causes: [], rootCause: 'unknown', mutations: [], decisions: [] } });
    expect(text).toContain('| Samples lost | unknown |');
    expect(text).toContain('| First alert to recovery | unknown |');
    expect(text).toContain('No root cause was certain enough to be named.');
    expect(text).toContain('- [ ] Find the root cause');
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  });

  it('names what was lost where a loss was accepted', () => {
    const record = fixture('handed-over');
    const [planned] = record.incident.plans;
    const plan = planned?.kind === 'planned' ? planned.plan : undefined;
    const mutation = { step: 'restore-config', result: 'patched', object: plan!.steps[0]!.object, at: '2026-11-22T03:15:00.000Z', detail: '', planId: plan!.id, planHash: plan!.hash, undo: false } as const;
    const text = renderPostmortem({ ...record, incident: { ...record.incident, mutations: [mutation], recoveredAt: '2026-11-22T03:16:00.000Z' } });
    expect(text).toMatch(/\| Samples lost \| About 128,700 samples are lost/);
  });
});

/** The same incident, told by somebody who wishes us ill. */
function poisoned(record: IncidentRecord): IncidentRecord {
  const venom = '# injected\n<script>alert(1)</script> [x](http://evil.example) https://evil.example www.evil.example \u202e\u0007 `a` | **b** <img src=x onerror=1>';
  const { incident } = record;
  return {
    ...record,
    incident: {
      ...incident,
      cluster: venom, severity: venom, title: { en: venom, ko: venom },
      alerts: incident.alerts.map((alert) => ({ ...alert, labels: { alertname: venom, namespace: venom, pod: venom, url: venom }, annotations: { summary: venom } })),
      evidence: incident.evidence.map((item) => ({ ...item, summary: venom })),
      causes: incident.causes.map((cause) => ({ ...cause, supports: [...cause.supports, venom], contradicts: [venom], missing: [venom] })),
      decisions: incident.decisions.map((decision) => ({ ...decision, actor: venom, channel: venom, reason: venom })),
      mutations: incident.mutations.map((mutation) => ({ ...mutation, detail: venom, object: { ...mutation.object, name: venom } })),
      notes: [{ at: incident.openedAt, actor: venom, text: venom }],
      refusedMessages: [{ at: incident.openedAt, message: venom, actor: venom, reason: venom }],
      timeline: incident.timeline.map((entry) => ({ ...entry, actor: venom, text: { en: venom, ko: venom } })),
      ...(incident.fiveW1H && { fiveW1H: { who: venom, what: venom, when: venom, where: venom, why: venom, how: venom } }),
      ...(incident.verification && { verification: { ...incident.verification, conditions: incident.verification.conditions.map((condition) => ({ ...condition, seen: venom })) } }),
    },
  };
}

/** Inside code nothing is interpreted, so it is left out of the search. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^(`{3,}).*\n[\s\S]*?^\1$/gm, '').replace(/(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
}

describe('Markdown', () => {
  it.each([
    ['a*b_c*', 'a\\*b_c\\*'],
    ['_x_ and snake_case_name', '\\_x\\_ and snake_case_name'],
    ['<b>&amp;</b>', '\\<b\\>&amp;amp;\\</b\\>'],
    ['- item', '\\- item'],
    ['1. item', '\\1. item'],
    ['two\nlines\u202e', 'two lines'],
    ['http://x.y www.x.y', 'http:\\/\\/x.y www\\.x.y'],
  ])('%j is told as %j', (text, expected) => expect(escape(text)).toBe(expected));

  it('fences code with more backticks than it holds', () => {
    expect(code('a`b')).toBe('`` a`b ``');
    expect(block('```\nx\n```', 'sh')).toBe('````sh\n```\nx\n```\n````');
  });

  it('keeps a table a table', () => expect(table(['a'], [['x|y'], ['x\\|y'], ['']])).toBe('| a |\n| --- |\n| x\\|y |\n| x\\|y |\n|   |'));
});

describe('durations', () => {
  it.each([
    [0, 'less than 1 s', '1초 미만'], [12_000, '12 s', '12초'], [60_000, '1 min', '1분'], [252_000, '4 min 12 s', '4분 12초'], [7_260_000, '2 h 1 min', '2시간 1분'], [90_000_000, '1 d 1 h', '1일 1시간'],
  ])('%i ms', (milliseconds, en, ko) => {
    expect(speaker('en').duration(milliseconds)).toBe(en);
    expect(speaker('ko').duration(milliseconds)).toBe(ko);
  });
});

describe('whatever somebody writes', () => {
  // Characters that mean something to Markdown, HTML or a terminal, and a few that do not.
  const hostile = fc.string({ unit: fc.constantFrom(...Array.from('\\`*_[]()<>|~&#+-=!:/.;0123 \n\t\u0007\u202e\u200bab한')), maxLength: 60 });

  it('stays one line of text that neither formats nor links', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const told = escape(text);
        expect(told).not.toMatch(/[\n\t\u202e\u200b]/);
        // Every character that could act is behind an odd number of backslashes.
        for (const [run] of told.matchAll(/\\*[`*[\]<>|~]/g)) expect((run.length - 1) % 2).toBe(1);
        expect(told).not.toContain('://');
      }),
    );
  });

  it('cannot leave a code span', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const span = code(text);
        const fence = /^`*/.exec(span)![0];
        expect(span === '' || span.slice(fence.length, -fence.length).split(/[^`]+/).every((run) => run.length < fence.length)).toBe(true);
      }),
    );
  });

  it('cannot add a row or a column to a table', () => {
    fc.assert(
      fc.property(hostile, fc.oneof(hostile, fc.string({ unit: fc.constantFrom('\\', '|', '`'), maxLength: 8 })), (a, b) => {
        const lines = table(['x', 'y'], [[escape(a), code(b)]]).split('\n');
        expect(lines).toHaveLength(3);
        expect(lines[2]!.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(3);
      }),
    );
  });
});

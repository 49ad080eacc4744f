import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { postmortemFiles, renderPostmortem } from '../../../activities/records/postmortem';
import { speaker } from '../../../activities/records/postmortem/language';
import { block, code, escape, table } from '../../../activities/records/postmortem/markdown';
import { renderPostmortemPage } from '../../../activities/records/postmortem/page';
import { summary } from '../../../activities/records/postmortem/summary';
import { filesOf } from '../../../activities/records/activities';
import { parseRecord } from '../../../activities/records/record-schema';
import type { IncidentRecord, Locale, PipelineMetrics } from '../../../workflows/contracts';
import { summaryOfRecord } from '../../../workflows/domain/record-summary';
import { FIXTURES, fixture, type Fixture } from './records-harness';

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

  it.each(cases)('of %s in %s is a page that loads, links and runs nothing, whoever wrote what is in it', (name, locale) => {
    for (const record of [fixture(name), poisoned(fixture(name))]) {
      const whole = postmortemFiles({ ...record, locale })['postmortem.html'];
      // Drawings are looked at by themselves: nothing from outside gets into them.
      const page = whole.replace(/<svg[\s\S]*?<\/svg>/g, '');
      const tags = new Set([...page.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag!.toLowerCase()));
      expect([...tags].filter((tag) => !PAGE_TAGS.has(tag))).toEqual([]);
      expect(/<[^>]*\s(on\w+|src|srcset|style|action)\s*=/i.exec(page)?.[0]).toBeUndefined();
      // The only links are those of the table of contents.
      expect([...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href).filter((href) => !href!.startsWith('#'))).toEqual([]);
      expect(page.match(/<style>/g)).toHaveLength(1);
      expect(['\u202e', '\u200b', '\u0007'].filter((steering) => page.includes(steering))).toEqual([]);
      expect(/undefined|NaN|\[object/.exec(page)?.[0]).toBeUndefined();
    }
  });

  it('draws what was measured, with names for those who do not see it and with the page’s colours', () => {
    const files = postmortemFiles(poisoned(fixture('recovered')));
    const drawings = Object.entries(files).filter(([name]) => name.startsWith('charts/'));
    expect(drawings.map(([name]) => name)).toEqual(['charts/delivered.svg', 'charts/lag.svg']);
    for (const [name, svg] of drawings) {
      expect(files['postmortem.md']).toContain(`](${name})`);
      expect(svg).toMatch(/<title [^>]*>[^<]+<\/title><desc [^>]*>23:59:46 [^<]*, 23:59:58 /);
      expect(svg).toContain('>Verification</text>');
      expect([...new Set([...svg.replace(/<clipPath[\s\S]*?<\/clipPath>/g, '').matchAll(/(?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour))].filter((colour) => colour !== 'none' && !colour!.startsWith('var(--'))).toEqual([]);
      expect(svg).not.toMatch(/script|<image|href|evil|url\(http/);
    }
    expect(postmortemFiles(poisoned(fixture('recovered')))).toEqual(files);
    expect(files['postmortem.html'].match(/<svg role="img" aria-labelledby=/g)).toHaveLength(2);
    expect(renderPostmortem({ ...fixture('handed-over') })).toContain('Too little was measured to draw a course: unknown.');
  });

  describe('with the course of the metrics', () => {
    const METRICS: PipelineMetrics = {
      kind: 'read', source: 'Prometheus', from: '2026-11-21T23:48:11.000Z', to: '2026-11-22T00:00:08.000Z', stepSeconds: 60, rateSeconds: 300,
      courses: { delivered: [1, 1, null, null, 1, null, 0.5, 0.1235, -0.2, 0.999, 1, 1], lag: [3, 3, 3, 3, 3, 3, 60, 400.5, 410, 20, 4, 3.5], receiversReady: [3, 3, 3, 3, 1, 1, 1, 1, 1, 2, 3, 3], serverErrors: [] },
      samplesFailed: 12_350, samplesDropped: 0, mostBehindSeconds: 412.3, problems: [],
    };
    const withMetrics = (metrics: IncidentRecord['metrics'], name: Fixture = 'recovered'): IncidentRecord => ({ ...fixture(name), ...(metrics && { metrics }) });
    const chartsIn = (record: IncidentRecord) => Object.keys(postmortemFiles(record)).filter((name) => name.startsWith('charts/'));

    it('draws a solid line that is broken where nothing was, with phases and the change', () => {
      const files = postmortemFiles(withMetrics(METRICS));
      expect(chartsIn(withMetrics(METRICS))).toEqual(['charts/delivered.svg', 'charts/lag.svg', 'charts/receivers.svg']);
      const svg = files['charts/delivered.svg']!;
      expect(svg).toContain('<desc id="delivered-desc">first 100 % (23:48:11), lowest 0 % (23:56:11), highest 100 % (23:48:11), last 100 % (23:59:11)</desc>');
      expect(svg).toContain('>Verification</text>');
      expect(svg).toContain('>change</text>');
      // Two pieces of a line, and the point between two gaps.
      const [line] = [...svg.matchAll(/<path d="([^"]*)"[^>]*stroke="var\(--series-1\)"[^>]*stroke-width="2"[^>]*>/g)].filter(([path]) => !path.includes('stroke-dasharray'));
      expect(line![1]!.match(/M/g)!.length).toBeGreaterThanOrEqual(2);
      const dots = (drawing: string) => [...drawing.matchAll(/<path d="M[^"]*A[^"]*"[^>]*fill="var\(--series-1\)"/g)].length;
      expect(dots(svg)).toBe(1);
      expect(dots(files['charts/lag.svg']!)).toBe(0);
    });

    it.each([
      ['en', 'Lines are what Prometheus has of 21 November 2026, 23:48:11 UTC to 22 November 2026, 00:00:08 UTC: a value every 1 min, ratios over 5 min.', '| Agent behind at most | 6 min 52 s |', '| Samples lost | By the agent’s counters since 21 November 2026, 23:48:11 UTC: 12,350 rejected for good, 0 dropped before they were sent. |', 'highest 410 s (23:56:11)'],
      ['ko', '선은 Prometheus에 저장된 2026년 11월 21일 23:48:11 UTC부터 2026년 11월 22일 00:00:08 UTC까지의 값으로, 간격은 1분이며 비율은 5분 동안의 값입니다.', '| 에이전트 최대 지연 | 6분 52초 |', '| 유실된 샘플 | 2026년 11월 21일 23:48:11 UTC 이후 에이전트 카운터 기준: 최종 거부 12,350개, 전송 전 폐기 0개. |', '최고 410 s (23:56:11)'],
    ] as const)('names source, step and numbers in %s', (locale, ...said) => {
      const text = renderPostmortem({ ...withMetrics(METRICS), locale });
      for (const each of said) expect(text).toContain(each);
      expect(text).not.toMatch(/Points are what|점은 Nightshift/);
      expect(text).not.toMatch(/undefined|NaN|null/);
    });

    it.each(LOCALES)('names phases in %s inside of the drawing, and none over another, however late and narrow they are', (locale) => {
      const record = withMetrics(METRICS);
      const entered = record.incident.timeline.filter(({ event }) => event === 'phaseEntered');
      const at = (seconds: number) => new Date(Date.parse('2026-11-22T00:00:00.000Z') + seconds * 1_000).toISOString();
      const phases = ['triage', 'diagnose', 'plan', 'approve', 'recover', 'verify', 'close'] as const;
      const timeline = phases.map((phase, index) => ({ ...entered[0]!, phase, at: at(index * 2) }));
      const svg = postmortemFiles({ ...record, locale, incident: { ...record.incident, timeline, closedAt: at(14) } })['charts/lag.svg']!;
      const boxes = [...svg.matchAll(/<text [^>]*text-anchor="(start|end)"[^>]*transform="translate\((\d+(?:\.\d+)?) (\d+(?:\.\d+)?)\)"[^>]*>([^<]+)<\/text>/g)]
        .filter(([, , , y]) => Number(y) < 44)
        .map(([, anchor, x, y, name]) => {
          const long = Array.from(name!).length * (locale === 'ko' ? 11 : 6.6);
          return { row: y!, from: Number(x) - (anchor === 'end' ? long : 0), to: Number(x) + (anchor === 'end' ? 0 : long) };
        });
      expect(boxes.length).toBeGreaterThanOrEqual(2);
      for (const box of boxes) {
        expect(box.to).toBeLessThanOrEqual(720);
        for (const other of boxes) if (other !== box && other.row === box.row) expect(box.to <= other.from || other.to <= box.from).toBe(true);
      }
    });

    it('keeps Nightshift’s own points where there is no course, and tells the two apart', () => {
      const empty = { ...METRICS, courses: { ...METRICS.courses, delivered: [], lag: [3, null] } };
      const text = renderPostmortem(withMetrics(empty));
      expect(text).toContain('Lines are what Prometheus has');
      expect(text).toContain('Points are what Nightshift measured');
      expect(text).toContain('![Delivered by the agent: 23:59:46 0 %, 23:59:58 100 %');
      expect(text).toContain('![Agent behind, in seconds: 23:59:46 312 s');
      expect(text).toContain('![Receivers ready: first 3 ');
      // The own points are dotted as ever.
      expect(postmortemFiles(withMetrics(empty))['charts/delivered.svg']).toBe(postmortemFiles(fixture('recovered'))['charts/delivered.svg']);
    });

    it('of receivers, their course stands for the pods that Nightshift counted; of others, both are drawn', () => {
      const looked = [{ at: '2026-11-21T23:59:46.000Z', field: 'ready', value: 1 }, { at: '2026-11-21T23:59:58.000Z', field: 'ready', value: 3 }] as const;
      const of = (failureDomain: IncidentRecord['incident']['failureDomain'], metrics: PipelineMetrics) => {
        const record = withMetrics(metrics);
        return chartsIn({ ...record, incident: { ...record.incident, failureDomain, measured: [...looked] } });
      };
      expect(of('receive', METRICS)).not.toContain('charts/ready.svg');
      expect(of('query', METRICS)).toEqual(expect.arrayContaining(['charts/receivers.svg', 'charts/ready.svg']));
      expect(of('receive', { ...METRICS, courses: { ...METRICS.courses, receiversReady: [] } })).toContain('charts/ready.svg');
    });

    it.each([
      ['en', '| Agent behind at most | unknown |', 'The pipeline’s metrics could not be read: Prometheus answered 500 \\<b\\>'],
      ['ko', '| 에이전트 최대 지연 | 알 수 없음 |', '파이프라인 메트릭을 읽지 못했습니다: Prometheus answered 500 \\<b\\>'],
    ] as const)('says in %s why the metrics could not be read, and what is unknown for it', (locale, row, reason) => {
      const text = renderPostmortem({ ...withMetrics({ kind: 'unread', reason: 'Prometheus answered 500 <b>' }), locale });
      expect(text).toContain(row);
      expect(text).toContain(reason);
      expect(text).toMatch(/Points are what|점은 Nightshift/);
    });

    it('says unknown of what the metrics cannot say, and which queries failed', () => {
      const silent = { ...METRICS, samplesFailed: null, mostBehindSeconds: null, problems: ['lag: Prometheus answered 500', 'x: partial'] };
      const text = renderPostmortem(withMetrics(silent));
      expect(text).toContain('| Agent behind at most | unknown |');
      expect(text).toContain('unknown rejected for good, 0 dropped before they were sent.');
      expect(text).toContain('Not all of it could be read: lag: Prometheus answered 500; x: partial');
      // Nothing was counted: what was seen otherwise stands.
      expect(renderPostmortem(withMetrics({ ...silent, samplesDropped: null }))).toContain('| Samples lost | none seen: nothing was rejected');
    });

    it('is read back as it was written, and refused where it was damaged', () => {
      const record = withMetrics(METRICS);
      expect(parseRecord(filesOf(record)['record.json']!, 'x')).toEqual(record);
      expect(() => parseRecord(JSON.stringify({ ...record, metrics: { ...METRICS, courses: { ...METRICS.courses, lag: ['3'] } } }), 'x')).toThrow(/metrics\.courses\.lag/);
      expect(summaryOfRecord(record)).toEqual(summaryOfRecord(fixture('recovered')));
    });
  });

  it('shows a link that a person wrote, and only where it leads to the web', () => {
    const read = (text: string) => renderPostmortemPage(fixture('recovered'), [{ id: 'x', heading: 'x', content: text }]);
    expect(read('[wiki](https://wiki.example/a?b=1&c="2")')).toContain('rel="noopener noreferrer">wiki</a>');
    expect(read('[x](javascript:alert(1)) [y](data:text/html,z) <javascript:alert(1)>')).not.toMatch(/href="(javascript|data)/);
    expect(read('![x](http://evil.example/track.png) <img src=x onerror=alert(1)>')).not.toMatch(/<img/);
    expect(read('| a | b |\n| --- | --- |\n| <svg onload=alert(1)> | x |')).not.toMatch(/<svg/);
    expect(read('```diff"><script>\n<script>alert(1)</script>\n```')).not.toMatch(/<script/);
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

  it('counts the harm from the newest sample that had arrived, and not where the agent was not late', () => {
    const record = fixture('recovered');
    const behind = (lagSeconds: number | null) => postmortemFiles({ ...record, incident: { ...record.incident, evidence: record.incident.evidence.map((item) => ('lagSeconds' in item.fields ? { ...item, fields: { ...item.fields, lagSeconds } } : item)) } })['postmortem.md'];
    expect(behind(312)).toContain('| Samples were late from about | 21 November 2026, 23:54:34 UTC, 3 min 37 s before the first alert; 5 min 24 s until recovery |');
    expect(behind(120)).toContain('| Samples were late from about | they were not late |');
    expect(behind(null)).toContain('| Samples were late from about | unknown |');
  });

  it('says by way of which other class the cause was found', () => {
    const record = fixture('recovered');
    const ledFrom = [{ incidentClass: 'remote-write-failure' as const, cause: 'x', title: { en: 'Receivers are killed', ko: '리시버 강제 종료' } }];
    const led = { ...record, incident: { ...record.incident, ledFrom } };
    expect(renderPostmortem(led)).toContain('**Found by way of:** Receivers are killed (`remote-write-failure`)');
    expect(renderPostmortem({ ...led, locale: 'ko' })).toContain('“리시버 강제 종료”을(를) 거쳐 확인');
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

/** What the page is made of; anything else came from outside. */
const PAGE_TAGS = new Set(['html', 'head', 'meta', 'title', 'style', 'body', 'a', 'header', 'span', 'nav', 'details', 'summary', 'ol', 'ul', 'li', 'main', 'section', 'h1', 'h2', 'h3', 'p', 'strong', 'em', 'del', 'ins', 'code', 'pre', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'footer']);

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
    ['1. item', '1\\. item'],
    ['0.99 of 1.5', '0.99 of 1.5'],
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

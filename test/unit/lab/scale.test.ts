import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { shippedRules } from '../../../infra/lab/paths';
import { formatDuration, parseDuration, scaleAlertmanager, scaleExpression, scaleRuleFile } from '../../../infra/lab/rules/scale';

const scale = { factor: 1 / 20, scrapeIntervalMs: 1_000 };

describe('durations', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000],
    ['0', 0],
  ])('%s is %d ms', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  it.each(['', '5', 'm', '5 m', '5mm'])('"%s" is refused', (text) => expect(() => parseDuration(text)).toThrow(RangeError));

  it.each([
    [15_000, '15s'],
    [1_500, '1s500ms'],
    [250, '250ms'],
    [0, '0s'],
  ])('%d ms is written %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
});

describe('expressions', () => {
  it('scales ranges, subqueries and offsets', () => {
    expect(scaleExpression('rate(x[5m]) / rate(x[1h:1m] offset 10m)', scale)).toBe('rate(x[15s]) / rate(x[180s:3s] offset 30s)');
  });

  it('keeps a range that holds four scrapes', () => {
    expect(scaleExpression('rate(x[1m])', scale)).toBe('rate(x[4s])');
  });

  it('scales what is compared with the clock, and nothing else', () => {
    expect(scaleExpression('(time() - x) > 120', scale)).toBe('(time() - x) > 6');
    expect(scaleExpression('100 * x > 10', scale)).toBe('100 * x > 10');
  });

  it('scales how long people wait, where an alert is about that', () => {
    const file = (alert: string) => `groups: [{name: g, rules: [{alert: ${alert}, expr: 'histogram_quantile(0.99, rate(x[5m])) > 40 and y > 0'}]}]`;
    expect(scaleRuleFile(file('ThanosQueryInstantLatencyHigh'), scale)).toContain('rate(x[15s])) > 2 and y > 0');
    expect(scaleRuleFile(file('ThanosStoreObjstoreOperationLatencyHigh'), scale)).toContain('rate(x[15s])) > 40 and y > 0');
  });
});

describe('files', () => {
  it.each(['', 'global'].flatMap((folder) => readdirSync(shippedRules(folder)).filter((name) => name.endsWith('.yaml')).map((name) => path.join(folder, name))))('%s keeps its alerts, twenty times as fast', (name) => {
    const source = readFileSync(shippedRules(name), 'utf8');
    type Rules = { groups: Array<{ rules: Array<{ alert: string; for?: string }> }> };
    const before = (parse(source) as Rules).groups.flatMap(({ rules }) => rules);
    const after = (parse(scaleRuleFile(source, scale)) as Rules).groups.flatMap(({ rules }) => rules);
    expect(after.map(({ alert }) => alert)).toEqual(before.map(({ alert }) => alert));
    after.forEach((rule, index) => expect(rule.for && parseDuration(rule.for) * 20).toBe(before[index]?.for && parseDuration(before[index]?.for ?? '')));
  });

  it('refuses what is no rule file', () => expect(() => scaleRuleFile('a: 1', scale)).toThrow('groups'));

  it("scales every route of Alertmanager, and sets the webhook's address", () => {
    const source = 'route: {receiver: r, group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [{receiver: r, group_wait: 0s, repeat_interval: 10s}]}\nreceivers: [{name: r, webhook_configs: [{url: "http://x/"}]}]\n';
    expect(parse(scaleAlertmanager(source, 1 / 20, 'http://y/'))).toEqual({
      route: { receiver: 'r', group_wait: '1s500ms', group_interval: '15s', repeat_interval: '720s', routes: [{ receiver: 'r', group_wait: '0s', repeat_interval: '1s' }] },
      receivers: [{ name: 'r', webhook_configs: [{ url: 'http://y/' }] }],
    });
  });
});

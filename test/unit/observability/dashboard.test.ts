/** The dashboard of Nightshift itself: what Grafana needs to load it, and nothing that Nightshift does not export. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../../infra/project';
import { exportedSeries, unexported } from '../../support/own-metrics';

const observability = (...parts: string[]) => path.join(projectRoot(), 'infra', 'observability', ...parts);
const kubernetes = (...parts: string[]) => path.join(projectRoot(), 'infra', 'kubernetes', ...parts);

const gridPos = z.strictObject({ h: z.int().min(1), w: z.int().min(1).max(24), x: z.int().min(0).max(23), y: z.int().min(0) });
const dataSource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const panel = z.discriminatedUnion('type', [
  z.looseObject({ id: z.int().min(1), type: z.literal('row'), title: z.string().min(1), gridPos }),
  z.looseObject({
    id: z.int().min(1),
    type: z.enum(['stat', 'timeseries']),
    title: z.string().min(1),
    description: z.string().min(1),
    gridPos,
    datasource: dataSource,
    targets: z.array(z.looseObject({ refId: z.string().regex(/^[A-Z]$/), datasource: dataSource, expr: z.string().min(1) })).min(1),
    fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
  }),
]);
/** What Grafana reads of a dashboard. */
const dashboard = z.looseObject({
  uid: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.int().min(36),
  templating: z.strictObject({ list: z.array(z.looseObject({ name: z.string(), type: z.string(), query: z.string() })) }),
  panels: z.array(panel).min(1),
});

const { panels, templating } = dashboard.parse(JSON.parse(readFileSync(observability('dashboards', 'nightshift.json'), 'utf8')));
const expressions = panels.flatMap((one) => (one.type === 'row' ? [] : one.targets.map(({ expr }): [panel: string, expression: string] => [one.title, expr])));

interface RuleFile {
  groups: Array<{ name: string; rules: Array<{ alert: string; expr: string }> }>;
}
const RULE_FILES = ['nightshift.yaml', 'scraped/nightshift.yaml'];
const ruleFile = (name: string) => parse(readFileSync(observability('rules', name), 'utf8')) as RuleFile;
const rules = RULE_FILES.flatMap((name) => ruleFile(name).groups.flatMap((group) => group.rules.map(({ alert, expr }): [alert: string, expression: string] => [alert, expr])));

describe('the dashboard', () => {
  it('chooses its data source by a variable', () => {
    expect(templating.list).toContainEqual(expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' }));
  });

  it('has panels with IDs of their own that lie beside each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
      expect({ title, right: x + w <= 24 }).toEqual({ title, right: true });
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('shows every metric that Nightshift has of its own', async () => {
    const shown = expressions.map(([, expression]) => expression).join('\n');
    const own = new Set([...(await exportedSeries()).values()].map(({ metric }) => metric).filter((metric) => metric.startsWith('nightshift_')));
    expect([...own].filter((metric) => !shown.includes(metric))).toEqual([]);
  });
});

test.each([...expressions, ...rules])('%s asks for what Nightshift exports', async (_, expression) => {
  expect(unexported(expression, await exportedSeries())).toEqual([]);
});

test.each([
  ['sum(nightshift_alert_received_total)', 'nightshift_alert_received_total is not exported'],
  ['rate(nightshift_activity_seconds[5m])', 'nightshift_activity_seconds is not exported'],
  ['sum(nightshift_activity_seconds_count{activty="notifyPage"})', 'nightshift_activity_seconds_count has no label activty'],
  ['nightshift_activity_seconds_count{result=~"ok|NotAuthorised"}', 'nightshift_activity_seconds_count: result is never "NotAuthorised"'],
  ['sum by (cause) (nightshift_messages_sent_total)', 'groups by cause, a label that none of its metrics has'],
])('%s is found out', async (expression, fault) => {
  expect(unexported(expression, await exportedSeries())).toEqual([fault]);
});

test('an expression that is none is found out', async () => {
  const exported = await exportedSeries();
  expect(() => unexported('sum(nightshift_build_info', exported)).toThrow('no PromQL');
});

test('the list in the documents is what is exported', async () => {
  const text = readFileSync(path.join(projectRoot(), 'infra', 'docs', 'observability.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `(nightshift_\w+)` \|([^|]*)\|/gm)].map(([, metric, labels]) => [metric, [...(labels ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label)]);
  const exported = new Map([...(await exportedSeries()).values()].filter(({ metric }) => metric.startsWith('nightshift_')).map(({ metric, labels }) => [metric, labels.filter((label) => label !== 'le')]));
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(exported));
});

test.each(rules)('%s is on the page that says what to do', (alert) => {
  const page = readFileSync(path.join(projectRoot(), 'infra', 'docs', 'when-nightshift-is-ill.md'), 'utf8');
  expect(page).toContain(`| \`${alert}\` |`);
});

test('what a cluster gets is what stands here: rules as an object of the operator, the dashboard as a file', () => {
  const component = kubernetes('components', 'monitoring');
  const { spec } = parse(readFileSync(path.join(component, 'rules.yaml'), 'utf8')) as { spec: RuleFile };
  expect(spec.groups).toEqual(RULE_FILES.flatMap((name) => ruleFile(name).groups));
  const { configMapGenerator } = parse(readFileSync(observability('dashboards', 'kustomization.yaml'), 'utf8')) as { configMapGenerator: Array<{ files: string[] }> };
  expect(configMapGenerator.flatMap(({ files }) => files).sort()).toEqual(readdirSync(observability('dashboards')).filter((name) => name.endsWith('.json')).sort());
});

/** The component that watches Nightshift, as kubectl makes it of an overlay of one's own; no cluster is needed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from '../../infra/project';

interface Made {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec?: unknown;
}

const kubernetes = (...parts: string[]) => path.join(projectRoot(), 'infra', 'kubernetes', ...parts);
const overlay = mkdtempSync(path.join(os.tmpdir(), 'nightshift-overlay-'));
afterAll(() => rmSync(overlay, { recursive: true, force: true }));

function made(): Made[] {
  const from = (...parts: string[]) => path.relative(overlay, kubernetes(...parts));
  writeFileSync(path.join(overlay, 'kustomization.yaml'), JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [from('overlays', 'observe')], components: [from('components', 'monitoring')] }));
  return parseAllDocuments(execFileSync('kubectl', ['kustomize', overlay], { encoding: 'utf8' })).map((document) => document.toJS() as Made);
}

test('an overlay with the component has monitors, rules and the dashboard, all in Nightshift’s namespace', () => {
  const objects = made();
  const named = (kind: string) => objects.find((object) => object.kind === kind && /^nightshift/.test(object.metadata.name));
  for (const kind of ['ServiceMonitor', 'PodMonitor', 'PrometheusRule']) expect(named(kind)?.metadata.namespace).toBe('nightshift');
  const dashboards = objects.find(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');
  expect(dashboards?.metadata.namespace).toBe('nightshift');
  expect(JSON.parse(dashboards?.data?.['nightshift.json'] ?? '')).toEqual(JSON.parse(readFileSync(path.join(projectRoot(), 'infra', 'observability', 'dashboards', 'nightshift.json'), 'utf8')));
});

test('what the monitors select is there, with the ports that they name', () => {
  const objects = made();
  const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.labels?.['app.kubernetes.io/part-of'] === 'nightshift');
  expect(service?.spec).toMatchObject({ ports: [{ name: 'http' }] });
  for (const name of ['nightshift-worker-probe', 'nightshift-worker-mutate']) {
    const worker = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
    expect(worker?.spec).toMatchObject({ template: { metadata: { labels: { 'app.kubernetes.io/name': name } }, spec: { containers: [{ ports: [{ name: 'metrics' }] }] } } });
  }
});

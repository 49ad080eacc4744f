import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { labSource, shippedRules, type LabPaths } from '../paths';
import { scaleAlertmanager, scaleRuleFile } from '../rules/scale';

/** Scrape interval of the watching Prometheus, as prometheus-watcher.yaml has it. */
const WATCHER_SCRAPE_MS = 1_000;

export interface RenderOptions {
  readonly factor: number;
  readonly webhookUrl: string;
  readonly webhookToken: string;
}

/**
 * Writes the lab's desired state, one file per component, as a GitOps repository would hold it. It is what is applied,
 * and what a deleted object is restored from. Only timings and the webhook's address differ from the sources.
 */
export function renderManifests(paths: LabPaths, options: RenderOptions): void {
  rmSync(paths.manifests, { recursive: true, force: true });
  mkdirSync(paths.manifests, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(labSource('manifests'))) {
    const source = readFileSync(labSource('manifests', name), 'utf8');
    writeFileSync(path.join(paths.manifests, name), name === 'alertmanager.yaml' ? withScaledTimings(source, options) : source);
  }
  write(paths, 'prometheus-watcher-rules.yaml', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'prometheus-watcher-rules', namespace: 'monitoring' }, data: rules(options.factor) });
  // A Secret belongs to no repository; it is applied from a file that only the owner reads, and never restored from one.
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'alertmanager-webhook', namespace: 'monitoring' }, stringData: { token: options.webhookToken } };
  writeFileSync(path.join(paths.pki, 'alertmanager-webhook.yaml'), stringify(secret), { mode: 0o600 });
}

function rules(factor: number): Record<string, string> {
  const names = readdirSync(shippedRules()).filter((name) => name.endsWith('.yaml'));
  return Object.fromEntries(names.map((name) => [name, scaleRuleFile(readFileSync(shippedRules(name), 'utf8'), { factor, scrapeIntervalMs: WATCHER_SCRAPE_MS })]));
}

function withScaledTimings(source: string, { factor, webhookUrl }: RenderOptions): string {
  const documents = parseAllDocuments(source);
  for (const document of documents) {
    const key = ['data', 'alertmanager.yml'];
    const config = document.getIn(key);
    if (typeof config === 'string') document.setIn(key, scaleAlertmanager(config, factor, webhookUrl));
  }
  return documents.map(String).join('');
}

function write(paths: LabPaths, name: string, object: unknown): void {
  writeFileSync(path.join(paths.manifests, name), stringify(object, { lineWidth: 0 }));
}

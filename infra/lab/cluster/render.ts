import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { hasRulesFor, type PartName } from '../parts';
import { labSource, shippedRules, type LabPaths } from '../paths';
import { scaleAlertmanager, scaleRuleFile } from '../rules/scale';

/** Scrape interval of the watching Prometheus, as prometheus-watcher.yaml has it. */
const WATCHER_SCRAPE_MS = 1_000;
/** That of the agent, as prometheus-agent.yaml has it: what the Ruler's rules are about came from there. */
const AGENT_SCRAPE_MS = 2_000;

export interface RenderOptions {
  readonly factor: number;
  readonly webhookUrl: string;
  readonly parts: readonly PartName[];
}

/**
 * Writes the lab's desired state, one file per component, as a GitOps repository would hold it. It is what is applied,
 * and what a deleted object is restored from. Only timings and the webhook's address differ from the sources.
 */
export function renderManifests(paths: LabPaths, options: RenderOptions): void {
  rmSync(paths.manifests, { recursive: true, force: true });
  mkdirSync(paths.manifests, { recursive: true, mode: 0o700 });
  for (const [name, file] of manifestFiles(options.parts)) {
    const source = readFileSync(file, 'utf8');
    writeFileSync(path.join(paths.manifests, name), name === 'alertmanager.yaml' ? withScaledTimings(source, options) : source);
  }
  const global = options.parts.includes('query-path') ? rules('global', options, AGENT_SCRAPE_MS) : {};
  const local = Object.entries(rules('', options, WATCHER_SCRAPE_MS)).filter(([name]) => !(name in global));
  writeRules(paths, 'prometheus-watcher-rules', Object.fromEntries(local));
  if (options.parts.includes('query-path')) writeRules(paths, 'thanos-ruler-rules', global);
}

/** File name → where its source is: the core's, then the parts', which may replace the core's. */
export function manifestFiles(parts: readonly PartName[]): Map<string, string> {
  const folders = [labSource('manifests'), ...parts.map((part) => labSource('manifests', part))];
  return new Map(folders.flatMap((folder) => yamlFiles(folder).map((name): [string, string] => [name, path.join(folder, name)])));
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.yaml'));
}

function rules(folder: string, { factor, parts }: RenderOptions, scrapeIntervalMs: number): Record<string, string> {
  const names = yamlFiles(shippedRules(folder)).filter((name) => hasRulesFor(path.join(folder, name), parts));
  return Object.fromEntries(names.map((name) => [name, scaleRuleFile(readFileSync(shippedRules(folder, name), 'utf8'), { factor, scrapeIntervalMs })]));
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

function writeRules(paths: LabPaths, name: string, data: Record<string, string>): void {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'monitoring' }, data };
  writeFileSync(path.join(paths.manifests, `${name}.yaml`), stringify(configMap, { lineWidth: 0 }));
}

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { labPaths, labSource, shippedRules } from '../../../infra/lab/paths';
import { manifestFiles, renderManifests } from '../../../infra/lab/cluster/render';
import { hasRulesFor, parseParts, PART_NAMES, PARTS } from '../../../infra/lab/parts';

describe('parts of a lab', () => {
  it('are named one by one, or all', () => {
    expect(parseParts('grafana, query-path')).toEqual(['query-path', 'grafana']);
    expect(parseParts('all')).toEqual(PART_NAMES);
    expect(parseParts('')).toEqual([]);
    expect(() => parseParts('grafana,kafka')).toThrow(/kafka.*query-path/);
  });

  it.each(PART_NAMES)('%s has manifests, and rule files that are shipped', (part) => {
    expect(readdirSync(labSource('manifests', part)).length).toBeGreaterThan(0);
    for (const file of PARTS[part].rules) expect(existsSync(shippedRules(file))).toBe(true);
  });

  it('bring the rules that are about them, and only then', () => {
    expect(hasRulesFor('remote-write.yaml', [])).toBe(true);
    expect(hasRulesFor('thanos-query-path.yaml', [])).toBe(false);
    expect(hasRulesFor('thanos-query-path.yaml', ['grafana', 'query-path'])).toBe(true);
  });

  it('take over the rules of the watcher that the Ruler has under the same name: two Watchdogs would hide each other’s end', () => {
    const paths = labPaths(mkdtempSync(path.join(os.tmpdir(), 'nightshift-render-')));
    const rulesOf = (name: string) => Object.keys((parse(readFileSync(path.join(paths.manifests, `${name}.yaml`), 'utf8')) as { data: object }).data);
    try {
      renderManifests(paths, { factor: 1, webhookUrl: 'http://x', parts: [] });
      expect(rulesOf('prometheus-watcher-rules')).toContain('watchdog.yaml');
      renderManifests(paths, { factor: 1, webhookUrl: 'http://x', parts: ['query-path'] });
      expect(rulesOf('prometheus-watcher-rules')).not.toContain('watchdog.yaml');
      expect(rulesOf('thanos-ruler-rules')).toContain('watchdog.yaml');
    } finally {
      rmSync(paths.dir, { recursive: true });
    }
  });

  it('may replace a manifest of the core', () => {
    expect(manifestFiles([]).get('thanos-query.yaml')).toBe(labSource('manifests', 'thanos-query.yaml'));
    expect(manifestFiles([]).has('grafana.yaml')).toBe(false);
    expect(manifestFiles(['query-path', 'grafana']).get('thanos-query.yaml')).toBe(labSource('manifests', 'query-path', 'thanos-query.yaml'));
    expect(manifestFiles(['query-path', 'grafana']).has('grafana.yaml')).toBe(true);
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { labSource, shippedRules } from '../../../infra/lab/paths';
import { manifestFiles } from '../../../infra/lab/cluster/render';
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

  it('may replace a manifest of the core', () => {
    expect(manifestFiles([]).get('thanos-query.yaml')).toBe(labSource('manifests', 'thanos-query.yaml'));
    expect(manifestFiles([]).has('grafana.yaml')).toBe(false);
    expect(manifestFiles(['query-path', 'grafana']).get('thanos-query.yaml')).toBe(labSource('manifests', 'query-path', 'thanos-query.yaml'));
    expect(manifestFiles(['query-path', 'grafana']).has('grafana.yaml')).toBe(true);
  });
});

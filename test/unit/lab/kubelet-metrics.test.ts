import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Pod } from '../../../infra/lab/api/types';
import { kubeletMetrics } from '../../../infra/lab/node/kubelet-metrics';

const pod: Pod = {
  metadata: { name: 'thanos-receive-0', namespace: 'monitoring', uid: 'u' },
  spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-thanos-receive-0' } }, { name: 'config', configMap: { name: 'c' } }] },
};
let folder: string;

beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'kubelet-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test.each(['capacity_bytes', 'available_bytes', 'used_bytes', 'inodes', 'inodes_free', 'inodes_used'])('a volume that is attached has its %s, by its claim', (name) => {
  mkdirSync(path.join(folder, 'u', 'volumes', 'data'), { recursive: true });
  expect(kubeletMetrics([pod], folder)).toMatch(new RegExp(`^kubelet_volume_stats_${name}\\{namespace="monitoring",persistentvolumeclaim="data-thanos-receive-0"\\} \\d+$`, 'm'));
});

test('a volume that is not attached yet has none', () => {
  expect(kubeletMetrics([pod], folder)).not.toContain('{');
});

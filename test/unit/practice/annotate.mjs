// Another process that changes the practice cluster: node annotate.mjs <data dir> <label> <times>.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { transformSync } from '@swc/core';

const require = createRequire(import.meta.url);
require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, swcrc: false, configFile: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } });
  module._compile(code, filename);
};

const { PracticeCluster } = require('../../../activities/practice/cluster.ts');
const [folder, label, times] = process.argv.slice(2);

const cluster = PracticeCluster.open(folder, path.join(import.meta.dirname, '../../../runbooks'));
const object = { apiVersion: 'v1', kind: 'Service', namespace: 'monitoring', name: 'thanos-receive-lb' };
for (let count = 0; count < Number(times); count += 1) {
  await cluster.gateway.patch(object, [{ op: 'add', path: `/metadata/labels/${label}-${count}`, value: 'yes' }], { dryRun: false });
}

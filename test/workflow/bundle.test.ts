import { readFileSync } from 'node:fs';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';

/** What may run in the workflow sandbox. The bundler is no guard: it takes whatever can be resolved. */
const ALLOWED = ['@temporalio/common', '@temporalio/workflow', '@temporalio/worker', '@noble/curves', '@noble/hashes', 'canonicalize', 'ms', 'nexus-rpc', 'long', 'assert', 'util'];

test('the workflow bundle holds our pure code, the SDK and the few packages that are meant to be there', () => {
  const code = readFileSync(WORKFLOW_BUNDLE.codePath, 'utf8');
  const packages = new Set([...code.matchAll(/"\.\/node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g)].map((match) => match[1]!));
  expect(packages.size).toBeGreaterThan(3);
  expect([...packages].filter((name) => !ALLOWED.includes(name))).toEqual([]);
  const folders = new Set([...code.matchAll(/"\.\/((?!node_modules)[a-z]+)\/[^"]+\.ts"/g)].map((match) => match[1]!));
  expect([...folders]).toEqual(['workflows']);
  // Time zones are data that come with Node: what a rule says of the time is found outside and kept in the history.
  expect(code).not.toContain('Intl.DateTimeFormat');
  expect(code).not.toContain('workflows/domain/policy-rules.ts');
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { auditFaults, scalingsOf } from '../../../infra/drill/audit-log';
import type { MutationRecord } from '../../../workflows/contracts';

const on = (result: MutationRecord['result'], kind: string, name: string) => ({ result, object: { apiVersion: 'v1', kind, namespace: 'monitoring', name } }) as MutationRecord;
const audited = (verb: string, object: string) => ({ at: '', verb, object, code: 200 });

const agent = on('reloaded', 'Pod', 'prometheus-agent-0');
const reload = audited('create', 'pods/proxy monitoring/prometheus-agent-0:9090');

test('an agent may be asked several times for the reload that is claimed once, and not without it', () => {
  expect(auditFaults([reload, reload, reload], { mutations: [agent] })).toEqual([]);
  expect(auditFaults([reload], { mutations: [] })).toEqual(['in the audit log, but not claimed: create pods/proxy monitoring/prometheus-agent-0']);
  expect(auditFaults([], { mutations: [agent] })).toEqual(['claimed, but not in the audit log: create pods/proxy monitoring/prometheus-agent-0']);
});

test('whatever else is done twice is told', () => {
  const eviction = audited('create', 'pods/eviction monitoring/thanos-receive-1');
  expect(auditFaults([eviction, eviction], { mutations: [on('evicted', 'Pod', 'thanos-receive-1')] })).toEqual(['in the audit log, but not claimed: create pods/eviction monitoring/thanos-receive-1']);
  const patch = audited('patch', 'configmaps monitoring/prometheus-agent-config');
  expect(auditFaults([patch, reload, patch], { mutations: [on('patched', 'ConfigMap', 'prometheus-agent-config'), agent] })).toEqual(['in the audit log, but not claimed: patch configmaps monitoring/prometheus-agent-config']);
});

test('who scaled a Deployment, and to what: nought is not on the wire, and neither other Deployments, nor refusals, nor changes of something else count', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'audit-'));
  const event = (at: string, replicas: number, { name = 'worker', code = 200, subresource = 'scale' } = {}) =>
    JSON.stringify({ stage: 'ResponseComplete', verb: 'update', requestURI: '/', stageTimestamp: at, user: { username: 'controller' }, objectRef: { resource: 'deployments', namespace: 'nightshift', name, subresource }, responseStatus: { code }, requestObject: { metadata: { managedFields: [{ subresource: 'scale' }] }, spec: replicas === 0 ? {} : { replicas } } });
  try {
    const file = path.join(folder, 'audit.log');
    writeFileSync(file, [event('1', 1), event('2', 5, { name: 'other' }), event('3', 7, { code: 403 }), event('4', 9, { subresource: 'status' }), event('5', 0), '{"half":"subresource":"scale"'].join('\n'));
    expect(scalingsOf(file, { namespace: 'nightshift', name: 'worker' })).toEqual([{ at: '1', user: 'controller', replicas: 1 }, { at: '5', user: 'controller', replicas: 0 }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { applyChanges, changesBetween, changesTowards, inverseChanges, standingOf, toJsonPatch, undoes, valueAt } from '../../../activities/kubernetes/changes';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { Json, PlannedStep } from '../../../workflows/contracts';

const object = (spec: Json, metadata: object = {}): KubernetesObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'n', uid: 'u', ...metadata }, spec });

describe('changes at the smallest paths', () => {
  it('finds one argument of one container', () => {
    const live = { containers: [{ args: ['a', '--bad'], image: 'x' }] };
    const wanted = { containers: [{ args: ['a', '--good'], image: 'x' }] };
    expect(changesBetween('/spec', live, wanted)).toEqual([{ path: '/spec/containers/0/args/1', old: '--bad', new: '--good' }]);
  });

  it('takes a list of another length as a whole, and adds and removes fields', () => {
    expect(changesBetween('', { a: [1], gone: null, 'x/y~z': 1 }, { a: [1, 2], 'x/y~z': 2, fresh: {} })).toEqual([
      { path: '/a', old: [1], new: [1, 2] },
      { path: '/gone', old: null },
      { path: '/x~1y~0z', old: 1, new: 2 },
      { path: '/fresh', new: {} },
    ]);
  });

  it('leaves alone what a manifest does not say', () => {
    const live = object({ clusterIP: '10.0.0.1', ports: [{ port: 1, protocol: 'TCP', targetPort: 1 }], selector: { app: 'wrong' } }, { labels: { team: 'x' }, resourceVersion: '9' });
    const manifest = object({ ports: [{ port: 1 }], selector: { app: 'right' } }, { labels: { app: 'right' } });
    expect(changesTowards(manifest, live)).toEqual([
      { path: '/spec/selector/app', old: 'wrong', new: 'right' },
      { path: '/metadata/labels/app', new: 'right' },
    ]);
  });

  it('tells done, as planned, and otherwise', () => {
    const changes = [{ path: '/spec/a', old: 1, new: 2 }];
    expect(standingOf(object({ a: 2 }), changes)).toBe('done');
    expect(standingOf(object({ a: 1 }), changes)).toBe('as planned');
    expect(standingOf(object({ a: 3 }), changes)).toEqual({ differs: '/spec/a' });
    expect(standingOf(object({}), changes)).toEqual({ differs: '/spec/a' });
  });

  it('reads no inherited property', () => {
    expect(valueAt({}, '/constructor')).toBeUndefined();
    expect(valueAt({ a: {} }, '/a/toString')).toBeUndefined();
  });

  // The library that checks us here does not know an own property of that name.
  const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
  it('leads from any document to any other, and back', () => {
    fc.assert(fc.property(json, json, (a, b) => {
      const [from, to] = [object({ it: a as Json }), object({ it: b as Json })];
      const changes = changesBetween('/spec', from['spec'], to['spec']);
      // Jest's own realm: compared as JSON.
      const patched = structuredClone(from);
      const faults = applyPatch(patched, toJsonPatch(changes, 'u'));
      expect(faults.every((fault) => fault === null)).toBe(true);
      expect(JSON.parse(JSON.stringify(patched))).toEqual(JSON.parse(JSON.stringify(to)));
      expect(applyChanges(from, changes)).toEqual(to);
      expect(applyChanges(to, inverseChanges(changes))).toEqual(from);
    }), { numRuns: 300 });
  });
});

describe('an undo', () => {
  const reason = { en: '', ko: '' };
  const target = { apiVersion: 'v1', kind: 'Service', namespace: 'n', name: 's', uid: 'u' };
  const patch: PlannedStep = { id: 'p', action: 'patch', object: target, changes: [{ path: '/a', old: 1, new: 2 }], reason };

  it('is exactly the inverse, on the same object', () => {
    const back: PlannedStep = { ...patch, id: 'q', changes: [{ path: '/a', old: 2, new: 1 }] };
    expect(undoes(back, [patch])).toBe(true);
    expect(undoes({ ...back, changes: [{ path: '/a', old: 2, new: 666 }] }, [patch])).toBe(false);
    expect(undoes({ ...back, object: { ...target, name: 'other' } }, [patch])).toBe(false);
    expect(undoes({ id: 'd', action: 'delete', object: target, reason }, [patch])).toBe(false);
  });

  it('of an eviction does not exist', () => {
    expect(undoes({ id: 'd', action: 'delete', object: target, reason }, [{ id: 'e', action: 'evict', object: target, reason }])).toBe(false);
  });
});

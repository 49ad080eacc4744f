import { differences, type Trace } from '../../../infra/kill-matrix/trace';

const undisturbed: Trace = { outcome: 'recovered', rootCause: 'c', mutations: ['patch a', 'delete b'], steps: ['first: a', 'first: b'], unchanged: 0, objects: { 'Service/s': '{}' }, leasesLeft: [] };

test('a run that found a step done and wrote once differs in nothing', () => {
  expect(differences(undisturbed, { ...undisturbed, unchanged: 1 })).toEqual([]);
});

test.each<[string, Partial<Trace>, RegExp]>([
  ['a mutation that was made twice', { mutations: ['patch a', 'patch a', 'delete b'] }, /^mutations in the audit log/],
  ['a mutation that was not made', { mutations: ['patch a'] }, /^mutations in the audit log/],
  ['mutations in another order', { mutations: ['delete b', 'patch a'] }, /^mutations in the audit log/],
  ['a step that the record does not name', { steps: ['first: a'] }, /^steps in the record/],
  ['another outcome', { outcome: 'handed-over' }, /^outcome/],
  ['another root cause', { rootCause: 'unknown' }, /^root cause/],
  ['an object that ends differently', { objects: { 'Service/s': '{"x":1}' } }, /^Service\/s/],
  ['an object that is not there', { objects: {} }, /^Service\/s/],
  ['an object too many', { objects: { ...undisturbed.objects, 'Pod/p': '{}' } }, /^Pod\/p/],
  ['a lease that is held', { leasesLeft: ['the lease of receive is still held by x'] }, /still held/],
])('%s is a fault', (_what, change, sentence) => {
  expect(differences(undisturbed, { ...undisturbed, ...change })).toEqual([expect.stringMatching(sentence)]);
});

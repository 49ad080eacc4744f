import { enqueue, grantable, leaseFault, leaseOf, LeaseState, tokenFault } from '../../../workflows/domain/lease-queue';

const request = (holder: string) => ({ cluster: 'c', failureDomain: 'receive' as const, holder, ttlMs: 1_000 });
const ask = (state: LeaseState, holder: string, now: number): boolean => {
  state.expire(now);
  enqueue(state, request(holder), now);
  if (!grantable(state, holder)) return false;
  state.grant(request(holder), now);
  return true;
};

test('one holder, first come first served, tokens grow', () => {
  const state = new LeaseState();
  expect(ask(state, 'a', 100)).toBe(true);
  const first = state.token;
  expect(ask(state, 'b', 101)).toBe(false);
  expect(ask(state, 'c', 102)).toBe(false);
  state.free();
  expect(ask(state, 'c', 103)).toBe(false);
  expect(ask(state, 'b', 104)).toBe(true);
  expect(state.token).toBeGreaterThan(first);
});

test('asked again by its holder it is extended under the same token', () => {
  const state = new LeaseState();
  ask(state, 'a', 100);
  const { token, expiresAt } = state;
  expect(ask(state, 'a', 600)).toBe(true);
  expect(state.token).toBe(token);
  expect(state.expiresAt).toBeGreaterThan(expiresAt);
});

test('an expired lease goes to the next, with a greater token', () => {
  const state = new LeaseState();
  ask(state, 'a', 100);
  const { token } = state;
  ask(state, 'b', 200);
  expect(ask(state, 'b', 1_100)).toBe(true);
  expect(state.token).toBeGreaterThan(token);
});

test('who stops asking loses the place in the queue', () => {
  const state = new LeaseState();
  ask(state, 'a', 0);
  ask(state, 'gone', 1);
  state.free();
  expect(ask(state, 'b', 2)).toBe(false);
  expect(ask(state, 'b', 70_000)).toBe(true);
});

test('who waits is told the place, keeps it by asking again, and leaves it when granted', () => {
  const state = new LeaseState();
  ask(state, 'a', 0);
  state.expiresAt = 1_000_000;
  ask(state, 'b', 10_000);
  ask(state, 'c', 10_000);
  expect(['a', 'b', 'c', 'd'].map((holder) => state.position(holder))).toEqual([0, 1, 2, 0]);
  // Asked again, b keeps its place, and does not stand there twice.
  ask(state, 'b', 65_000);
  expect(state.status().queue).toEqual(['b', 'c']);
  // c has not asked for a minute, b has.
  state.expire(70_000);
  expect(state.status().queue).toEqual(['b']);
  ask(state, 'd', 70_000);
  state.free();
  expect(ask(state, 'd', 70_001)).toBe(false);
  expect(ask(state, 'b', 70_002)).toBe(true);
  expect(state.status().queue).toEqual(['d']);
});

test('its holder does not queue up behind itself', () => {
  const state = new LeaseState();
  ask(state, 'a', 0);
  enqueue(state, request('a'), 1);
  expect(state.status()).toEqual({ token: state.token, queue: [], holder: 'a', expiresAt: '1970-01-01T00:00:01.000Z' });
});

test('nobody is granted what nobody asked for; a free lease says so', () => {
  const state = new LeaseState();
  expect(grantable(state, 'a')).toBe(false);
  expect(state.status()).toEqual({ token: 0, queue: [] });
  expect(leaseOf(state, { cluster: 'c', failureDomain: 'receive' })).toMatchObject({ holder: '' });
});

test('a token is later than every other, also than those of a workflow that began anew, and by the clock', () => {
  const state = new LeaseState();
  ask(state, 'a', 5_000);
  expect(leaseOf(state, { cluster: 'c', failureDomain: 'receive' })).toEqual({ cluster: 'c', failureDomain: 'receive', holder: 'a', token: 5_000, expiresAt: '1970-01-01T00:00:06.000Z' });
  state.free();
  ask(state, 'b', 4_000);
  expect(state.token).toBe(5_001);
});

test('what is no request for a lease, or none of it, is told so', () => {
  expect(leaseFault(request('a'))).toBeUndefined();
  for (const wrong of [undefined, null, 7, 'a', {}, { holder: '', ttlMs: 1 }, { holder: 7, ttlMs: 1 }]) expect(leaseFault(wrong)).toContain('holder');
  for (const ttlMs of [undefined, null, '60000', 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 8 * 24 * 3_600_000]) expect(leaseFault({ ...request('a'), ttlMs })).toContain('milliseconds');
  expect(tokenFault({ holder: 'a', token: 0 })).toBeUndefined();
  for (const wrong of [undefined, null, 'a', { token: 1 }]) expect(tokenFault(wrong)).toContain('holder');
  for (const token of [undefined, '1', Number.NaN, 1.5]) expect(tokenFault({ holder: 'a', token })).toContain('token');
});

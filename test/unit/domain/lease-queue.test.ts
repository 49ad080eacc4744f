import { enqueue, grantable, LeaseState } from '../../../workflows/domain/lease-queue';

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

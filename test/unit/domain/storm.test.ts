import { FAILURE_DOMAINS, type FailureDomain, type StormNews } from '../../../workflows/contracts';
import { AT_ONCE_MS, Storm } from '../../../workflows/domain/storm';

const entry = (failureDomain: FailureDomain, alertnames: string[] = []) => ({ workflowId: `incident/c/${failureDomain}`, publicId: failureDomain, failureDomain, alertnames });

/** News as "query follows receive". */
function told(storm: Storm): string[] {
  const words = (news: StormNews) => (news.kind === 'follow' ? `follows ${news.leader.publicId}` : news.kind === 'lead' ? `leads ${news.followers.join('+') || 'nobody'}` : `is told that ${news.leader} is over (${news.outcome})`);
  return storm.takeNews().map(({ to, news }) => `${to.slice('incident/c/'.length)} ${words(news)}`);
}

function joined(...domains: FailureDomain[]): Storm {
  const storm = new Storm();
  domains.forEach((domain, index) => storm.join(entry(domain), index * 1000));
  return storm;
}

test('two at once may be chance; of three the one furthest up leads', () => {
  expect(told(joined('ui', 'query'))).toEqual([]);
  expect(told(joined('ui', 'query', 'receive'))).toEqual(['ui follows receive', 'query follows receive', 'receive leads ui+query']);
});

test('whoever opens later follows, or leads where it is further up', () => {
  const storm = joined('ui', 'query', 'store');
  told(storm);
  storm.join(entry('alerting'), 4000);
  expect(told(storm)).toEqual(['alerting follows store', 'store leads ui+query+alerting']);
  storm.join(entry('agent'), 5000);
  expect(told(storm)).toEqual(['ui follows agent', 'query follows agent', 'store follows agent', 'alerting follows agent', 'agent leads ui+query+store+alerting']);
});

test('a node or an API server that is away goes before every failure domain', () => {
  const storm = joined('agent', 'receive');
  storm.join(entry('unknown', ['KubeNodeNotReady']), 3000);
  expect(told(storm)).toEqual(['agent follows unknown', 'receive follows unknown', 'unknown leads agent+receive']);
});

test('when the leader is over, every follower is told, and the storm is over', () => {
  const storm = joined('ui', 'query', 'receive');
  told(storm);
  storm.leave('incident/c/ui', 'merged');
  expect(told(storm)).toEqual(['receive leads query']);
  storm.leave('incident/c/receive', 'recovered');
  expect(told(storm)).toEqual(['query is told that receive is over (recovered)']);
  expect({ empty: storm.empty, status: storm.status() }).toEqual({ empty: true, status: { open: [] } });
});

test('what is not at once is no storm: what is open for long, and what opens long after it began', () => {
  const slow = new Storm();
  (['ui', 'query', 'receive'] as const).forEach((domain, index) => slow.join(entry(domain), index * AT_ONCE_MS));
  expect(told(slow)).toEqual([]);
  const storm = joined('ui', 'query', 'receive');
  told(storm);
  storm.join(entry('agent'), 2000 + AT_ONCE_MS + 1);
  expect(told(storm)).toEqual([]);
});

test('saying it twice changes nothing, and the order in which they come does not decide', () => {
  const storm = joined('ui', 'ui', 'ui');
  expect(told(storm)).toEqual([]);
  for (const order of [FAILURE_DOMAINS, [...FAILURE_DOMAINS].reverse()]) expect(joined(...order).status().leader?.publicId).toBe('agent');
});

const HOUR = 3_600_000;

test('a leader that never says goodbye leads for as long as it may, and not for ever', () => {
  const storm = new Storm();
  (['ui', 'query', 'receive'] as const).forEach((domain, index) => storm.join({ ...entry(domain), leadsForMs: 2 * HOUR }, index * 1000));
  told(storm);
  storm.expire(2000 + 2 * HOUR - 1);
  expect(told(storm)).toEqual([]);
  storm.expire(2000 + 2 * HOUR);
  expect(told(storm)).toEqual(['ui is told that receive is over (handed-over)', 'query is told that receive is over (handed-over)']);
  expect(storm.empty).toBe(true);
  // The next storm has a leader again.
  (['ui', 'query', 'store'] as const).forEach((domain, index) => storm.join(entry(domain), 3 * HOUR + index * 1000));
  expect(told(storm)).toEqual(['ui follows store', 'query follows store', 'store leads ui+query']);
});

test('one that does not say how long it may lead has an hour and a half, and nobody more than a day', () => {
  const old = joined('ui', 'query', 'receive');
  old.expire(2000 + 1.5 * HOUR);
  expect(old.empty).toBe(true);
  const forged = new Storm();
  (['ui', 'query', 'receive'] as const).forEach((domain, index) => forged.join({ ...entry(domain), leadsForMs: Number.MAX_VALUE }, index * 1000));
  forged.expire(2000 + 24 * HOUR);
  expect(forged.empty).toBe(true);
});

test('the time of a leader begins anew with each that takes the lead over', () => {
  const storm = joined('ui', 'query', 'store');
  storm.join(entry('agent'), 9 * 60_000);
  storm.expire(2000 + 1.5 * HOUR);
  expect(storm.status().leader?.publicId).toBe('agent');
  storm.expire(9 * 60_000 + 1.5 * HOUR);
  expect(storm.empty).toBe(true);
});

test('a leader that opens again under its workflow ID is another incident, and the storm of the one before is over', () => {
  const storm = joined('ui', 'query', 'receive');
  told(storm);
  const again = { ...entry('receive'), publicId: 'receive-2' };
  storm.replace(entry('receive'));
  expect(told(storm)).toEqual([]);
  storm.replace(again);
  storm.join(again, 5000);
  expect(told(storm)).toEqual(['ui is told that receive is over (handed-over)', 'query is told that receive is over (handed-over)']);
  expect(storm.status()).toEqual({ open: [again] });
});

test('whoever cannot be told is over: a follower is left out, a leader ends the storm', () => {
  const storm = joined('ui', 'query', 'receive');
  told(storm);
  storm.unreachable('incident/c/ui');
  expect(told(storm)).toEqual(['receive leads query']);
  storm.unreachable('incident/c/receive');
  expect(told(storm)).toEqual(['query is told that receive is over (handed-over)']);
});

test('a fresh run knows all that the one before knew', () => {
  const before = joined('ui', 'query', 'receive');
  told(before);
  const after = new Storm(JSON.parse(JSON.stringify(before.state)) as typeof before.state);
  expect(after.status()).toEqual(before.status());
  after.join(entry('store'), 4000);
  expect(told(after)).toEqual(['store follows receive', 'receive leads ui+query+store']);
  after.expire(2000 + 1.5 * HOUR);
  expect(after.empty).toBe(true);
  expect(new Storm(JSON.parse(JSON.stringify(joined('ui').state)) as typeof before.state).status()).toEqual({ open: [entry('ui')] });
});

import type { Evidence } from '../../../workflows/contracts';
import { sayUnanswered, unansweredOf } from '../../../workflows/domain/unanswered';
import { describeEvent } from '../../../workflows/domain/timeline';

const silent = (probe: string, type: string, message: string): Evidence => ({ probe, use: 'x', status: 'unanswered', at: '', fields: {}, summary: `${probe} did not answer: ${message}`, error: { type, message } });
const answered: Evidence = { probe: 'pods', use: 'x', status: 'answered', at: '', fields: {}, summary: 'fine' };

const AWAY = 'The Kubernetes API of c did not answer in time when asked for';
const FORBIDDEN = 'The Kubernetes API of c answered 403 to the log of Pod';

test('an API server that is away silences many probes and is said once, with the first request', () => {
  expect(unansweredOf([answered, silent('a', 'UpstreamUnavailable', `${AWAY} LIST Pod in monitoring; it is asked again`), silent('b', 'UpstreamUnavailable', `${AWAY} GET StatefulSet monitoring/x; it is asked again`)])).toEqual([
    { probes: ['a', 'b'], why: `${AWAY} LIST Pod in monitoring; it is asked again` },
  ]);
});

test('what is forbidden and what is garbage are told apart, and each pod is not', () => {
  const evidence = [
    silent('receiverLogs', 'NotAuthorized', `${FORBIDDEN} monitoring/r-0: forbidden; grant the permission`),
    silent('query', 'UpstreamRejected', 'The answer of Thanos Query to GET /api/v1/query is not understood: it is no JSON'),
    silent('agentLogs', 'NotAuthorized', `${FORBIDDEN} monitoring/a-0: forbidden; grant the permission`),
  ];
  expect(sayUnanswered(evidence)).toEqual({
    en: `no answer from receiverLogs, agentLogs (${FORBIDDEN} monitoring/r-0: forbidden; grant the permission); query (The answer of Thanos Query to GET /api/v1/query is not understood: it is no JSON)`,
    ko: expect.stringMatching(/^응답 없음: receiverLogs, agentLogs \(/),
  });
});

test('the same probe, asked by two classes, is named once', () => {
  expect(unansweredOf([silent('a', 'X', 'gone'), silent('a', 'X', 'gone')])).toEqual([{ probes: ['a'], why: 'gone' }]);
});

test('where everything was answered there is nothing to say', () => {
  expect(sayUnanswered([answered])).toBeUndefined();
  expect(sayUnanswered([])).toBeUndefined();
});

test('the timeline says why', () => {
  const said = describeEvent({ type: 'evidenceGathered', at: '', evidence: [answered, silent('logs', 'NotAuthorized', 'forbidden; grant the permission')] });
  expect(said.en).toBe('2 probes asked; no answer from logs (forbidden; grant the permission)');
});

/** A small fleet of incidents (`npm run kill-fleet` plays 200): two workers, gateway and Temporal killed in turn, three times. */
import { VICTIMS } from '../../infra/kill-fleet/fleet';
import { reportOf } from '../../infra/kill-fleet/report';
import { ROUNDS, runFleet, type FleetResult } from '../../infra/kill-fleet/run-fleet';

const INCIDENTS = 6;

let result: FleetResult;
beforeAll(async () => {
  result = await runFleet({ incidents: INCIDENTS, say: () => undefined });
  process.stderr.write(`${reportOf(result)}\n`);
}, 600_000);

it('kills each of them in each round, all incidents being open while they wait', () => {
  expect(result.kills.map(({ round, victim }) => `${round}: ${victim}`)).toEqual(ROUNDS.flatMap((round) => VICTIMS.map((victim) => `${round}: ${victim}`)));
  expect(result.kills.filter(({ round }) => round === 'while they wait').map(({ phases }) => phases)).toEqual(VICTIMS.map(() => ({ approve: INCIDENTS })));
});

it('ends every incident as the one that nobody disturbed, with each write once', () => {
  expect(result.reference).toMatchObject({ outcome: 'recovered', mutations: ['create Service monitoring/thanos-receive-lb'] });
  expect(result.fates.flatMap(({ cluster, faults }) => faults.map((fault) => `${cluster}: ${fault}`))).toEqual([]);
  expect(result.fates).toHaveLength(INCIDENTS);
});

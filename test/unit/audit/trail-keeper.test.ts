import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { TrailKeeper } from '../../../workers/gateway/trail-keeper';
import { Ledger } from '../../../workers/audit/ledger';
import { closedIncident } from '../../support/audited-incident';

interface Run {
  runId: string;
  closeTime: Date;
  status?: string;
  memo?: object;
}

/** Visibility, as far as the keeper asks it. */
function visibility(runs: Run[]) {
  const queries: string[] = [];
  const list = async function* ({ query }: { query: string }) {
    queries.push(query);
    const since = /CloseTime >= '([^']+)'/.exec(query)?.[1];
    for (const { runId, closeTime, status = 'COMPLETED', memo = {} } of runs.filter((run) => !since || run.closeTime >= new Date(since))) {
      yield { runId, workflowId: `incident/c/${runId}`, startTime: new Date('2026-03-01T00:00:00Z'), closeTime, status: { name: status }, memo, typedSearchAttributes: { get: () => undefined } };
    }
  };
  return { client: { workflow: { list } } as unknown as Client, queries };
}

const HEAD = { entries: 9, head: 'b'.repeat(64) };
const at = (hours: number) => new Date(Date.parse('2026-03-01T00:00:00Z') + hours * 3_600_000);

test('signs the end of each closed incident once, in the order of closing, also after a restart', async () => {
  const { ledgerFile, gateway } = await closedIncident();
  const ledger = () => new Ledger(ledgerFile, () => ({ keyId: gateway.key.keyId, privateKey: gateway.privateKey }));
  const runs: Run[] = [{ runId: '22222222-b', closeTime: at(5), memo: { audit: HEAD } }, { runId: '11111111-a', closeTime: at(4.5), memo: { audit: HEAD } }];
  const { client, queries } = visibility(runs);
  const keeper = new TrailKeeper(client, ledger(), pino({ level: 'silent' }));
  await keeper.look();
  await keeper.look();
  runs.push({ runId: '33333333-c', closeTime: at(6), status: 'TERMINATED' });
  await new TrailKeeper(client, ledger(), pino({ level: 'silent' })).look();
  const closed = (await ledger().entries()).flatMap((entry) => (entry.kind === 'closed' ? [entry] : [])).slice(1);
  expect(closed).toMatchObject([
    { publicId: '20260301-11111111', ended: 'completed', closedAt: at(4.5).toISOString(), ...HEAD },
    { publicId: '20260301-22222222', ended: 'completed', ...HEAD },
    { publicId: '20260301-33333333', ended: 'terminated' },
  ]);
  expect(closed[2]).not.toHaveProperty('head');
  // An hour before the last one: visibility is late at times.
  expect(queries.at(-1)).toContain(`CloseTime >= '${at(4).toISOString()}'`);
});

test('what could not be signed is signed at the next look', async () => {
  const { ledgerFile, gateway } = await closedIncident();
  const real = new Ledger(ledgerFile, () => ({ keyId: gateway.key.keyId, privateKey: gateway.privateKey }));
  let works = false;
  const ledger = { entries: () => real.entries(), append: (...given: Parameters<Ledger['append']>) => (works ? real.append(...given) : Promise.reject(new Error('the disk is full'))) };
  const keeper = new TrailKeeper(visibility([{ runId: '11111111-a', closeTime: at(5), memo: { audit: HEAD } }]).client, ledger, pino({ level: 'silent' }));
  await expect(keeper.look()).rejects.toThrow('the disk is full');
  works = true;
  await keeper.look();
  expect(await real.entries()).toHaveLength(4);
});

import canonicalize from 'canonicalize';
import { verifyIncident, type Exhibits } from '../../../workers/audit/verify';
import type { AuditEntry, IncidentRecord } from '../../../workflows/contracts';
import { audited, EMPTY_TRAIL } from '../../../workflows/domain/audit';
import { hashOf } from '../../../workflows/domain/plan-hash';
import { closedIncident, eventsOf, filesOf, GatewayKey, recordFrom, samplePlan } from '../../support/audited-incident';

type Closed = Awaited<ReturnType<typeof closedIncident>>;
let closed: Closed;
beforeAll(async () => {
  closed = await closedIncident();
});

const linesOf = (text: string) => text.trimEnd().split('\n');
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const problems = (change: Partial<Exhibits>) => verifyIncident({ ...closed, ...change }).faults.map(({ where, problem }) => `${where}: ${problem}`);
const withLines = (change: (lines: string[]) => string[]) => problems({ audit: textOf(change(linesOf(closed.audit))) });
const edited = (line: string, change: (entry: AuditEntry) => void): string => {
  const entry = JSON.parse(line) as AuditEntry;
  change(entry);
  return canonicalize(entry)!;
};

/** What somebody does who knows how the chain is made, but has no key. */
function relinked(lines: readonly string[]): string {
  let previous = '0'.repeat(64);
  const forged = lines.map((line, n) => {
    const entry = { ...(JSON.parse(line) as AuditEntry), n, previous };
    previous = hashOf(entry);
    return canonicalize(entry)!;
  });
  return textOf(forged);
}

test('a record as it was written has no fault, and its trail has every decision, plan and mutation', () => {
  const { faults, entries } = verifyIncident(closed);
  expect(faults).toEqual([]);
  expect(entries.map(({ kind }) => kind)).toEqual(['opened', 'planned', 'approvalAsked', 'messageRefused', 'decided', 'leaseTaken', 'stepExecuted', 'outcome', 'sealed']);
});

describe('the trail', () => {
  test('with a changed entry names it', () => {
    for (const n of [0, 4, 7]) expect(withLines((lines) => lines.with(n, edited(lines[n]!, (entry) => (entry.actor = 'somebody else'))))).toContainEqual(expect.stringMatching(new RegExp(`entry ${n}: it was changed after it was written`)));
  });

  test('with its last entry changed is not the one that was signed', () => {
    expect(withLines((lines) => lines.with(-1, edited(lines.at(-1)!, (entry) => (entry.body['outcome'] = 'cancelled'))))).toContainEqual(expect.stringContaining('entry 8: the end is not the one that the gateway signed'));
  });

  test('without its first, a middle or its last entry says which is missing', () => {
    expect(withLines((lines) => lines.slice(1))).toContainEqual('audit.jsonl, entry 0: it is missing');
    expect(withLines((lines) => lines.toSpliced(4, 1))).toContainEqual('audit.jsonl, entry 4: it is missing');
    expect(withLines((lines) => lines.slice(0, -1))).toEqual(expect.arrayContaining([expect.stringContaining('the end is missing'), expect.stringContaining('1 entries are missing: the gateway signed 9')]));
  });

  test('in another order names what was moved', () => {
    expect(withLines((lines) => [...lines.slice(0, 2), lines[3]!, lines[2]!, ...lines.slice(4)])).toContainEqual('audit.jsonl, entry 2: it stands after entry 3: the order was changed');
  });

  test('with an entry put in names it', () => {
    expect(withLines((lines) => lines.toSpliced(4, 0, lines[3]!))).toContainEqual('audit.jsonl, entry 3: it stands there twice: one was put in');
    expect(problems({ audit: relinked(linesOf(closed.audit).toSpliced(4, 0, linesOf(closed.audit)[3]!)) })).toContainEqual(expect.stringContaining('1 entries were added: the gateway signed 9'));
  });

  test('forged as a whole, with a chain that holds and a record to match, is not the one that was signed', async () => {
    const plan = samplePlan();
    const events = eventsOf(plan, closed.gateway.approval(plan, 'kim')).map((event) => (event.type === 'messageRefused' ? { ...event, reason: 'harmless' } : event));
    const files = await filesOf(recordFrom(events));
    const forged = problems({ audit: files['audit.jsonl']!, record: files['record.json']! });
    expect(forged).toContainEqual(expect.stringContaining('or the whole trail was replaced'));
    expect(forged.filter((problem) => problem.startsWith('record.json'))).toEqual([]);
  });

  test('of another incident, put in its place, is found', async () => {
    const plan = samplePlan();
    const files = await filesOf(recordFrom(eventsOf(plan, closed.gateway.approval(plan, 'kim')), '20260301-11111111'));
    expect(problems({ audit: files['audit.jsonl']!, record: files['record.json']! })).toContainEqual(expect.stringContaining('it is the trail of "20260301-11111111"'));
  });

  test('that spells an entry in another way, cuts one off or holds something else is not as it was written', () => {
    expect(withLines((lines) => lines.with(3, lines[3]!.replace('{', '{ ')))).toContainEqual(expect.stringContaining('line 4: it is not written as Nightshift writes it'));
    expect(withLines((lines) => lines.with(3, lines[3]!.replace('{', '{"actor":"kim",')))).toContainEqual(expect.stringContaining('line 4: it is not written as'));
    expect(withLines((lines) => lines.with(3, '{"n":3}'))).toContainEqual(expect.stringContaining('line 4: it is no entry'));
    expect(problems({ audit: closed.audit.slice(0, -20) })).toContainEqual(expect.stringContaining('something was cut off'));
  });

  test('does not grow with every message that a stranger sends, and says how many it left out', () => {
    const refused = { type: 'messageRefused', at: '2026-03-01T03:00:00.000Z', message: 'approve', reason: 'no' } as const;
    const trail = Array.from({ length: 5_000 }).reduce<typeof EMPTY_TRAIL>((so) => audited(so, refused), EMPTY_TRAIL);
    expect(trail).toMatchObject({ entries: { length: 200 }, leftOut: 4_800 });
  });
});

describe('what stands beside it', () => {
  const recordWith = (change: (record: IncidentRecord) => void): Partial<Exhibits> => {
    const record = JSON.parse(closed.record) as IncidentRecord;
    change(record);
    return { record: JSON.stringify(record, null, 2) };
  };

  test('a record that tells another story is told where', () => {
    expect(problems(recordWith(({ incident }) => (incident.decisions[0]!.actor = 'lee')))).toEqual(['record.json: incident.decisions[0] says something else than audit.jsonl, entry 4']);
    expect(problems(recordWith(({ incident }) => (incident.mutations = [])))).toEqual(['record.json: incident.mutations lacks what audit.jsonl, entry 6, holds']);
    expect(problems(recordWith(({ incident }) => incident.mutations.push(incident.mutations[0]!)))).toEqual(['record.json: incident.mutations[1] is not in audit.jsonl']);
    expect(problems(recordWith(({ incident }) => (incident.plans[0] = { kind: 'unneeded', remedy: 'evict', reason: { en: '', ko: '' } })))).toEqual(['record.json: incident.plans[0] says something else than audit.jsonl, entry 1']);
    expect(problems(recordWith(({ incident }) => (incident.severity = 'info')))).toEqual([expect.stringContaining('record.json: it was changed after it was written')]);
  });

  test('files that are gone', () => {
    expect(problems({ record: undefined })).toEqual(['record.json: it is missing']);
    expect(problems({ audit: undefined })).toEqual([expect.stringContaining('audit.jsonl: it is missing')]);
    expect(problems({ audit: undefined, record: undefined })).toEqual([expect.stringMatching(/the whole record is missing.*ledger.jsonl, entry 2/)]);
  });

  test('a head that nobody signed, and two of them', () => {
    expect(problems({ ledger: closed.ledger.filter(({ kind }) => kind !== 'closed') })).toEqual([expect.stringContaining('the gateway has signed no end of this incident')]);
    const again = { ...closed.ledger[2]!, n: 3, head: 'f'.repeat(64) } as Exhibits['ledger'][number];
    expect(problems({ ledger: [...closed.ledger, again] })).toContainEqual(expect.stringContaining('entries 2 and 3 name two different ends'));
  });

  test('a decision that its signature does not prove, or that the gateway never sent', async () => {
    const stranger = new GatewayKey();
    const plan = samplePlan();
    const files = await filesOf(recordFrom(eventsOf(plan, stranger.approval(plan, 'kim'))));
    const found = problems({ audit: files['audit.jsonl']!, record: files['record.json']! });
    expect(found).toContainEqual(expect.stringMatching(/entry 4: the decision of kim does not prove itself: .*not trusted/));
    expect(found).toContainEqual(expect.stringMatching(/entry 4: the decision of kim was not sent through this gateway/));
    expect(found).toContainEqual(expect.stringMatching(/the decision of kim \(approve\), which the incident accepted \(ledger.jsonl, entry 1\), is missing/));
  });

  test('a decision that is signed with a key after that was retired', () => {
    expect(problems({ keys: [{ ...closed.gateway.key, retiredAt: '2026-03-01T02:00:00.000Z' }] })).toEqual([expect.stringMatching(/entry 4: .*after that was retired/)]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { factsOf, recordIn } from '../../support/history-facts';
import { untold } from '../../support/timeline-audit';

const folder = path.join(__dirname, '../../replay/histories');
const closed = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => {
    const history: unknown = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const record = recordIn(history);
    return record ? [{ name, record, facts: factsOf(history) }] : [];
  });

describe('the timeline of a postmortem', () => {
  it('is looked at for every committed history that ends with a record', () => {
    expect(closed.length).toBeGreaterThanOrEqual(15);
    const kinds = closed.flatMap(({ facts }) => facts.map(({ kind }) => kind));
    for (const kind of ['phase', 'decision', 'mutation']) expect(kinds.filter((each) => each === kind).length).toBeGreaterThan(10);
  });

  it.each(closed)('tells every decision, mutation and phase of $name', ({ record, facts }) => {
    expect(untold(record, facts)).toEqual([]);
  });

  it.each(closed)('of $name misses what is taken out of it', ({ record, facts }) => {
    const { timeline } = record.incident;
    const telling = timeline.filter(({ event }) => ['decided', 'stepExecuted', 'phaseEntered'].includes(event));
    for (const entry of telling) {
      const shorter = { ...record, incident: { ...record.incident, timeline: timeline.filter((other) => other !== entry) } };
      expect(untold(shorter, facts)).not.toEqual([]);
    }
  });
});

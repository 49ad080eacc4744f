import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { historiesBelow } from '../../workers/replay/histories';
import { keepNoPromiseStacks } from '../support/promise-stacks';
import { replayHistory } from '../support/replay';
import { withFirstTaskSplit } from '../support/split-history';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';

const folder = path.join(__dirname, 'histories');
const histories = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Raised with each released shape of an incident; a history is never taken away while incidents of its shape may be open. */
const EXPECTED = 92;

/** What replaying found wrong, by the name of the history; undefined where nothing was. */
const verdicts = new Map<string, Error | undefined>();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  keepNoPromiseStacks();
  const all = [...historiesBelow(folder)];
  let index = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: WORKFLOW_BUNDLE }, all)) {
    verdicts.set(all[index]?.name ?? `history ${index}`, error);
    index += 1;
  }
}, 600_000);

test('every committed history is there', () => {
  expect(histories).toHaveLength(EXPECTED);
});

test.each(histories)('%s replays on today’s workflow code', (name) => {
  expect([...verdicts.keys()]).toContain(name);
  expect(verdicts.get(name)).toBeUndefined();
});

/** A worker that is told to end may hand the first task back with nothing in it but the answers of its local activities. */
test('an incident whose first worker was told to end between two steps replays', async () => {
  const history = JSON.parse(readFileSync(path.join(folder, 'changes-are-known-from-the-start.json'), 'utf8')) as Parameters<typeof withFirstTaskSplit>[0];
  const split = withFirstTaskSplit(history);
  expect(split.events).toHaveLength(history.events.length + 3);
  await replayHistory(WORKFLOW_BUNDLE, split);
});

test('a change that is not deterministic is caught', async () => {
  const history = JSON.parse(readFileSync(path.join(folder, histories[0] ?? ''), 'utf8')) as { events: Array<{ activityTaskScheduledEventAttributes?: { activityType: { name: string } } }> };
  const first = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  if (!first?.activityTaskScheduledEventAttributes) throw new Error('the history has no activity');
  first.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
  await expect(replayHistory(WORKFLOW_BUNDLE, history)).rejects.toThrow(/[Nn]ondeterminism/);
});

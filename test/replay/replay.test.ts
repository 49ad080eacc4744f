import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundle } from '@temporalio/worker';
import { replayHistory } from '../support/replay';

const folder = path.join(__dirname, 'histories');
const histories = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Raised with each released shape of an incident; a history is never taken away while incidents of its shape may be open. */
const EXPECTED = 38;

let bundle: WorkflowBundle;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  bundle = await bundleWorkflowCode({ workflowsPath: path.resolve(__dirname, '../../workflows/index.ts'), logger: new DefaultLogger('ERROR') });
}, 60_000);

test('every committed history is there', () => {
  expect(histories).toHaveLength(EXPECTED);
});

test.each(histories)('%s replays on today’s workflow code', async (name) => {
  const history: unknown = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  await replayHistory(bundle, history);
});

test('a change that is not deterministic is caught', async () => {
  const history = JSON.parse(readFileSync(path.join(folder, histories[0] ?? ''), 'utf8')) as { events: Array<{ activityTaskScheduledEventAttributes?: { activityType: { name: string } } }> };
  const first = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  if (!first?.activityTaskScheduledEventAttributes) throw new Error('the history has no activity');
  first.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
  await expect(replayHistory(bundle, history)).rejects.toThrow(/[Nn]ondeterminism/);
});

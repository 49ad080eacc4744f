/**
 * Random lives of an incident on the bundled workflow: messages honest and forged, failing activities, restarted
 * workers, skipped time. The oracle is what the world received. NIGHTSHIFT_PROPERTY_RUNS sets the number of
 * lives (`npm run test:property`: 500), NIGHTSHIFT_PROPERTY_SEED repeats a run whose seed was printed, with
 * NIGHTSHIFT_PROPERTY_PATH from the life on that failed (the `path` that is printed with it).
 */
import fc from 'fast-check';
import { IncidentHarness, alert } from '../support/incident-harness';
import { TestSigner } from '../support/signing';
import { scenarios, type Scenario } from './acts';
import { HostileWorld } from './hostile-world';
import { Play } from './play';

const RUNS = Number(process.env['NIGHTSHIFT_PROPERTY_RUNS'] ?? 3);
/** The sample in `npm test` is the same each time, so that a red run is the change's doing; a longer run draws its own. */
const SAMPLE_SEED = 77;
const SEED = Number(process.env['NIGHTSHIFT_PROPERTY_SEED'] ?? (process.env['NIGHTSHIFT_PROPERTY_RUNS'] ? Date.now() % 1_000_000_000 : SAMPLE_SEED));
const FROM = process.env['NIGHTSHIFT_PROPERTY_PATH'];
/** One life takes about a second; on a machine that does much else, several. */
const LONGEST_LIFE_MS = 60_000;

/** Of the lives, so many may get lost in the test server. */
const MOST_UNJUDGED = Math.ceil(RUNS / 20);

let harness: IncidentHarness;
let unjudged = 0;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

async function live(scenario: Scenario): Promise<void> {
  const signer = new TestSigner();
  const world = new HostileWorld({ queues: { probe: '', mutate: '' }, acceptUnsigned: scenario.acceptUnsigned, keys: [signer.key] });
  world.risk = scenario.risks;
  world.faults = scenario.from.map((fault) => ({ ...fault }));
  const lost = harness.lostByServer;
  await harness.run(async (incidents) => {
    const first = alert();
    const handle = await incidents.open({ alerts: [first] });
    const play = new Play(incidents, world, handle, scenario, signer, first);
    for (const act of scenario.acts) await play.perform(act);
    const end = await play.finish();
    const { events } = await handle.fetchHistory();
    const stuck = (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) => (failed?.failure?.message ? [`a workflow task failed: ${failed.failure.message}`] : []));
    const found = [...world.violations(), ...play.problems, ...stuck, ...(/^(failed|never)/.test(end) ? [`the incident ${end}`] : [])];
    if (found.length > 0 && harness.lostByServer > lost) {
      unjudged += 1;
      return;
    }
    if (found.length > 0) throw new Error(found.join('\n'));
    if (!JSON.stringify(scenario).includes('recordsWrite')) expect(world.log.records.at(-1)?.incident.phase).toBe('closed');
  }, () => undefined, {
    // The test server goes on offering tasks to the sticky queue of a worker that has ended.
    maxCachedWorkflows: scenario.uncached || scenario.acts.some(({ act }) => act === 'restart') ? 0 : 100,
    createWorld: (settings) => {
      world.settings = { ...world.settings, queues: settings.queues };
      return world;
    },
  });
}

test(`in ${RUNS} lives of an incident nothing is done that was not allowed, nothing twice, and none gets stuck (seed ${SEED})`, async () => {
  process.stderr.write(`property test of the incident: ${RUNS} lives, seed ${SEED}\n`);
  await fc.assert(fc.asyncProperty(scenarios, live), { numRuns: RUNS, seed: SEED, ...(FROM && { path: FROM }), endOnFailure: true, interruptAfterTimeLimit: (RUNS + 2) * LONGEST_LIFE_MS, markInterruptAsFailure: true });
  process.stderr.write(`property test of the incident: ${unjudged} lives were lost by the test server and are not judged\n`);
  expect(unjudged).toBeLessThanOrEqual(MOST_UNJUDGED);
}, (RUNS + 2) * LONGEST_LIFE_MS + 60_000);

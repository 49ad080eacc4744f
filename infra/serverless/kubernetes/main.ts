/** `npm run serverless:kubernetes`: incidents whose worker is a Deployment at 0 replicas, on the API server of a lab. */
import { parseArgs } from 'node:util';
import { nightshiftInLab } from '../../drill/run';
import { TEMPORAL } from '../../embedded/pinned';
import { ensureProgram } from '../../embedded/programs';
import { labPaths, labStatus } from '../../lab';
import { problemsOf, report, Scene } from './scene';
import { DEPLOYMENT, startTemporal, TEMPORAL_ADDRESS } from './workers';

/** Each takes four minutes or more. */
const MOST = 20;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { incidents: { type: 'string', default: '2' } } });
  const incidents = Number(values.incidents);
  if (!Number.isInteger(incidents) || incidents < 1 || incidents > MOST) throw new Error(`--incidents ${values.incidents}: it must be a whole number from 1 to ${MOST}.`);
  const paths = labPaths();
  if ((await labStatus(paths)).running) throw new Error(`A lab runs in ${paths.dir}, and this needs one of its own: end that one with "npx nightshift lab down", or name another folder in NIGHTSHIFT_LAB_DIR.`);
  const say = (text: string) => console.error(text);
  await ensureProgram(TEMPORAL, say);
  const compute = { provider: 'kubernetes', namespace: DEPLOYMENT.namespace, deployment: DEPLOYMENT.name, maxReplicas: 1 };
  // One Deployment is called for all of a build, so it mutates, too: the cluster has no queues of its own.
  const inPods = { kubeconfig: undefined, inCluster: true, desiredState: undefined };
  const { nightshift, end } = await nightshiftInLab(false, say, [], inPods, { temporalAddress: TEMPORAL_ADDRESS, serverless: { compute }, prepare: startTemporal });
  try {
    const seen = await new Scene(nightshift, paths, say).play(incidents);
    console.log(report(seen));
    const problems = await problemsOf(seen, paths);
    for (const problem of problems) console.log(`PROBLEM: ${problem}`);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } finally {
    await end();
  }
}

// Not with runCommand: who interrupts this waits until the lab is down.
main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);

/** `npm run kill-fleet`: kills everything in turn while many incidents are open; fails when one of them ends otherwise than undisturbed. */
import { parseArgs } from 'node:util';
import { runCommand } from '../command';
import { reportOf } from './report';
import { runFleet } from './run-fleet';

/** The gateway lists 500 at most. */
const MOST = 400;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { incidents: { type: 'string', default: '200' } } });
  const incidents = Number(values.incidents);
  if (!Number.isInteger(incidents) || incidents < 1 || incidents > MOST) throw new Error(`--incidents ${values.incidents}: it must be a whole number from 1 to ${MOST}.`);
  const result = await runFleet({ incidents, say: (text) => console.error(text) });
  console.log(reportOf(result));
  if (result.fates.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

runCommand(main);

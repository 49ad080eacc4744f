import type { RecordStore } from '../../../activities/records/store';
import { matchesId } from '../../../workflows/contracts';
import { loadConfig, type ConfigOverrides, type NightshiftConfig } from '../../config';
import { recordStoreOf } from '../../records';
import { CommandError, EXIT } from '../exit';

/** The records, as commands go by them. Only those that write make anything. */
export interface RecordShelf {
  config: NightshiftConfig;
  store: RecordStore;
}

export function openRecords(overrides: ConfigOverrides): RecordShelf {
  const config = loadConfig(overrides);
  return { config, store: recordStoreOf(config) };
}

/** @throws CommandError when there is none, or several */
export async function recordNamed({ store }: RecordShelf, id: string): Promise<string> {
  const all = await store.list();
  const found = id === 'latest' ? all.slice(0, 1) : all.filter((publicId) => matchesId(publicId, id));
  if (found.length > 1) throw new CommandError(`${id} could be ${found.slice(0, 5).join(', ')}: give more of the ID.`, EXIT.refused);
  if (found[0] === undefined) throw new CommandError(`There is no record of ${id} in ${store.location}; open incidents have none yet.`, EXIT.notFound);
  return found[0];
}

/** Said beside the answer, never in it: scripts read the answer. */
export function warnOf({ unreadable, indexProblem }: { unreadable: ReadonlyArray<{ publicId: string; problem: string }>; indexProblem?: string }): void {
  for (const { publicId, problem } of unreadable) console.error(`${publicId} is left out: ${problem}`);
  if (indexProblem !== undefined) console.error(`The index of the records could not be kept, and reading them takes longer: ${indexProblem}`);
}

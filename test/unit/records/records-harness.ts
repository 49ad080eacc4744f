import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRecord } from '../../../activities/records/record-schema';
import type { IncidentRecord } from '../../../workflows/contracts';

/** Records of real runs on the practice cluster; only names and times were changed. */
export const FIXTURES = ['recovered', 'handed-over'] as const;
export type Fixture = (typeof FIXTURES)[number];

export function fixture(name: Fixture): IncidentRecord {
  return parseRecord(readFileSync(path.join(__dirname, 'fixtures', `${name}.json`), 'utf8'), name);
}

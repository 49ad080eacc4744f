/** The scrape configurations of an agent's file: what is scraped under which name. */
import { parse } from 'yaml';
import { z } from 'zod';

const FILE = z.looseObject({ scrape_configs: z.array(z.looseObject({ job_name: z.string() })).nullish() });

/** Names of the scrape configurations; undefined for what is no configuration file. */
export function scrapePoolsIn(yaml: string): string[] | undefined {
  try {
    const parsed = FILE.safeParse(parse(yaml, { maxAliasCount: 100 }));
    return parsed.success ? (parsed.data.scrape_configs ?? []).map(({ job_name }) => job_name) : undefined;
  } catch {
    return undefined;
  }
}

import type { z } from 'zod';

/** What a runbook may refer to. `activities/registry.ts` provides it; the engine needs no more than this of it. */
export interface RunbookCatalog {
  probes: Readonly<Record<string, CatalogProbe>>;
  remedies: Readonly<Record<string, CatalogRemedy>>;
}

export interface CatalogProbe {
  description: string;
  input: z.ZodType;
  /** Name of each field of the answer → what it means. */
  fields: Readonly<Record<string, string>>;
}

export interface CatalogRemedy {
  description: string;
  input: z.ZodType;
}

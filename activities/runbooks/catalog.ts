import type { Probe } from '../probe';
import type { Remedy } from '../remedy';

/** What the engine needs of a registered probe. */
export type CatalogProbe = Pick<Probe, 'title' | 'input' | 'fields'>;
/** What the engine needs of a registered remedy. */
export type CatalogRemedy = Pick<Remedy, 'title' | 'input' | 'mildestRisk' | 'roles'>;

/** What a runbook may refer to, by name of use; `activities/registry.ts` provides it. */
export interface RunbookCatalog {
  probes: Readonly<Record<string, CatalogProbe>>;
  remedies: Readonly<Record<string, CatalogRemedy>>;
}

import { probes, remedies } from '../../../activities/registry';
import { runbookJsonSchema } from '../../../activities/runbooks/schema';

/** Prints the schema; `infra/docs/runbook.schema.json` is its output. */
export function schemaCommand(): void {
  console.log(schemaText());
}

export function schemaText(): string {
  return JSON.stringify(runbookJsonSchema({ probes, remedies }), null, 2);
}

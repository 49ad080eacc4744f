import type { KeptField, ObjectEdits, PermanentFixSpec } from '../workflows/contracts';

/** What permanent fixes ask of the cluster itself. */
export interface LiveObjects {
  /**
   * A runbook's change with its values, from the live objects and from what the incident did; undefined where a value cannot be
   * known. @throws UpstreamUnavailable where the cluster does not answer
   */
  resolve(cluster: string, fix: PermanentFixSpec, kept: readonly KeptField[]): Promise<ObjectEdits[] | undefined>;
  /** Do the live objects say what the change wants? `detail`: what they say where they do not. */
  standing(cluster: string, change: readonly ObjectEdits[]): Promise<{ applied: boolean; detail: string }>;
}

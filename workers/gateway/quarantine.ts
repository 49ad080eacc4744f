import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { InvalidAlert } from './alertmanager-body';

export interface QuarantinedAlert extends InvalidAlert {
  at: string;
}

/** A sender that is broken for good must not fill the disk; the oldest go first. */
const MOST_KEPT = 1_000;

/** Alerts that could not be understood, one JSON file each, so that nothing that was sent is lost without a trace. */
export class Quarantine {
  constructor(private readonly folder: string) {}

  async add(alerts: readonly InvalidAlert[], at: string): Promise<void> {
    if (alerts.length === 0) return;
    await mkdir(this.folder, { recursive: true });
    await Promise.all(
      alerts.map((alert) => writeFile(path.join(this.folder, `${at.replaceAll(':', '')}-${randomUUID().slice(0, 8)}.json`), JSON.stringify({ at, ...alert } satisfies QuarantinedAlert, null, 2), { mode: 0o600 })),
    );
    const names = await this.names();
    await Promise.all(names.slice(MOST_KEPT).map((name) => rm(path.join(this.folder, name), { force: true })));
  }

  /** Latest first. */
  async list(limit: number): Promise<{ total: number; alerts: QuarantinedAlert[] }> {
    const names = await this.names();
    const alerts = await Promise.all(names.slice(0, limit).map(async (name) => JSON.parse(await readFile(path.join(this.folder, name), 'utf8')) as QuarantinedAlert));
    return { total: names.length, alerts };
  }

  private async names(): Promise<string[]> {
    await mkdir(this.folder, { recursive: true });
    return (await readdir(this.folder)).filter((name) => name.endsWith('.json')).sort().reverse();
  }
}

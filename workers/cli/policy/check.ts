import Table from 'cli-table3';
import { INCIDENT_CLASSES, RISKS } from '../../../workflows/contracts/vocabulary';
import type { PolicyRuling } from '../../../workflows/contracts';
import { loadConfig, type ClusterEntry } from '../../config';
import type { PolicyOptions } from '../policy-commands';
import { oneLine, printJson } from '../terminal';
import { budgetText, clusterFor, evaluateFor, requirementText } from './evaluate';

interface Row {
  cluster: string;
  class: string;
  rulings: Record<string, PolicyRuling>;
}

/** What would happen, for every class and risk; classes that go the same way share a row. */
export function checkPolicy({ cluster, severity = 'critical', at = new Date().toISOString(), json, ...overrides }: PolicyOptions): void {
  const config = loadConfig(overrides);
  const entries = cluster === undefined ? config.clusters : [clusterFor(config, cluster)];
  const rows = entries.flatMap((entry) => rowsOf(entry, severity, at));
  if (json) printJson({ at, severity, rows, budgets: Object.fromEntries(entries.map(({ cluster: { name, budgets } }) => [name, budgets ?? null])) });
  else console.log([`If an alert of severity ${oneLine(severity)} came at ${at}:`, ...entries.map(({ cluster: { name, budgets } }) => `${tableOf(name, rows.filter((row) => row.cluster === name))}\n${budgetText(budgets)}`)].join('\n'));
}

function rowsOf(entry: ClusterEntry, severity: string, at: string): Row[] {
  return INCIDENT_CLASSES.map((incidentClass) => ({
    cluster: entry.cluster.name,
    class: incidentClass,
    rulings: Object.fromEntries(RISKS.map((risk) => [risk, evaluateFor(entry, { risk, incidentClass, severity, at })])),
  }));
}

function tableOf(cluster: string, rows: readonly Row[]): string {
  const table = new Table({ head: ['class', ...RISKS], style: { head: [], border: [] }, colWidths: [24, 26, 32, 32], wordWrap: true });
  const groups = new Map<string, string[]>();
  for (const row of rows) {
    const cells = JSON.stringify(RISKS.map((risk) => cellOf(row.rulings[risk]!)));
    groups.set(cells, [...(groups.get(cells) ?? []), row.class]);
  }
  for (const [cells, classes] of groups) table.push([classes.length === rows.length ? 'every class' : classes.join('\n'), ...(JSON.parse(cells) as string[])]);
  return `\n${oneLine(cluster)}\n${table.toString()}`;
}

function cellOf({ requirement, rule }: PolicyRuling): string {
  return `${requirementText(requirement)}\n[${oneLine(rule)}]`;
}

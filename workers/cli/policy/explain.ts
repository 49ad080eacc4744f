import type { IncidentStatus, PolicyRuling, Risk, Runbook, RunbookExample } from '../../../workflows/contracts';
import { approverFault } from '../../../workflows/domain/approvers';
import { countApprovals } from '../../../workflows/domain/policy';
import { findCluster, loadConfig } from '../../config';
import { Api, incidentPath, type ApiOptions } from '../api';
import { CommandError, EXIT } from '../exit';
import type { ShownIncident } from '../incident-commands';
import type { PolicyOptions } from '../policy-commands';
import { loadAllValid, runbooksDir } from '../runbooks/shelf';
import { oneLine, printJson, say } from '../terminal';
import { field, list } from '../views/layout';
import { budgetText, clusterFor, evaluateFor, requirementText, type PassedOver } from './evaluate';

/** Explains an incident's plan, or what would become of a runbook's example. */
export async function explainPolicy(id: string, options: PolicyOptions & ApiOptions): Promise<void> {
  const example = exampleNamed(id);
  if (example) await explainExample(example, options);
  else await explainIncident(id, options);
}

interface NamedExample {
  runbook: Runbook;
  example: RunbookExample;
}

function exampleNamed(id: string): NamedExample | undefined {
  for (const runbook of loadAllValid({})) {
    const example = runbook.examples.find((candidate) => candidate.id === id);
    if (example) return { runbook, example };
  }
  return undefined;
}

async function explainExample({ runbook, example }: NamedExample, { cluster, severity, at = new Date().toISOString(), json }: PolicyOptions): Promise<void> {
  const config = loadConfig();
  const entry = clusterFor(config, cluster ?? config.defaultCluster);
  const risk = (example.expect.risk as Risk | undefined) ?? (await riskOf(runbook, example));
  if (risk === undefined) throw new CommandError(`Nothing is planned in the example ${example.id}, so policy has nothing to decide.`, EXIT.failed);
  const ruling = evaluateFor(entry, { risk, incidentClass: runbook.id, severity: severity ?? example.alert['severity'] ?? 'none', at });
  if (json) return printJson({ example: example.id, cluster: entry.cluster.name, risk, ...ruling });
  console.log([`${example.id}  ${say(example.title)} (${risk}), on ${oneLine(entry.cluster.name)} at ${at}`, ...rulingView(ruling), ...passedOverView(ruling.passedOver)].join('\n'));
}

/** The plan is made on the practice cluster, which takes a second or two. */
async function riskOf(runbook: Runbook, example: RunbookExample): Promise<Risk | undefined> {
  const { runExample } = require('../runbooks/run-example') as typeof import('../runbooks/run-example.js');
  return (await runExample(runbook, example, runbooksDir({}))).risk as Risk | undefined;
}

async function explainIncident(id: string, options: PolicyOptions & ApiOptions): Promise<void> {
  const incident = await Api.from(options).get<ShownIncident>(incidentPath(id));
  if (incident.workerAway) throw new CommandError(`${incident.detail} Start a worker: "npm start".`);
  const { publicId, plan } = incident;
  if (!plan) throw new CommandError(`${publicId} has no plan, so policy has not been asked; it is in phase ${incident.phase}.`, EXIT.failed);
  const result = incident.plans.findLast((candidate) => candidate.kind === 'planned' && candidate.plan.id === plan.id);
  const ruling = result?.kind === 'planned' ? result.ruling : undefined;
  const standing = ruling && standingOf(incident, ruling);
  const now = rulingHere(incident, plan.risk, options);
  const budgets = findCluster(loadConfig(), options.cluster ?? incident.cluster)?.cluster.budgets;
  if (options.json) return printJson({ publicId, planId: plan.id, risk: plan.risk, ...(budgets && { budgets }), ...(ruling && { ruling, standing }), ...(now && { now }) });
  console.log(
    [
      `${publicId}  ${say(plan.title)} (${plan.risk})`,
      ...(ruling ? rulingView(ruling) : field('Rule', 'the worker that planned did not say; it is of an older version')),
      ...(standing ? field('Missing', missingText(incident, standing.missing)) : []),
      ...list('Not counted', (standing?.faults ?? []).map((fault) => ['✗', oneLine(fault)])),
      ...(now && now.rule !== ruling?.rule ? field('Now', `by the configuration here: ${requirementText(now.requirement)}, rule “${oneLine(now.rule)}” (${say(now.because)}); the worker asks again before it executes`) : []),
      ...(budgets ? field('Budget', budgetText(budgets)) : []),
      ...passedOverView(now?.passedOver ?? []),
    ].join('\n'),
  );
}

/** Counted without signatures, which only the incident and the worker can judge. */
function standingOf({ decisions, plan }: IncidentStatus, { requirement }: PolicyRuling) {
  return countApprovals(requirement, decisions.filter(({ planId }) => planId === plan?.id), (decision) => approverFault(requirement, decision));
}

function missingText({ waiting, phase }: IncidentStatus, missing: number): string {
  if (missing === 0) return 'nothing';
  const people = `${missing} ${missing === 1 ? 'person' : 'people'}`;
  return waiting?.for === 'approval' ? `${people}, until ${waiting.until ?? 'somebody decides'}` : `${people}; it does not wait for them any more (phase ${phase})`;
}

function rulingHere({ cluster, incidentClass, severity }: IncidentStatus, risk: Risk, options: PolicyOptions) {
  const entry = findCluster(loadConfig(), options.cluster ?? cluster);
  return entry && evaluateFor(entry, { risk, incidentClass, severity: options.severity ?? severity, at: options.at ?? new Date().toISOString() });
}

function rulingView({ requirement, rule, because }: PolicyRuling): string[] {
  return [...field('Demands', requirementText(requirement)), ...field('Rule', `“${oneLine(rule)}”`), ...field('Because', say(because))];
}

function passedOverView(passedOver: readonly PassedOver[]): string[] {
  return list('Passed by', passedOver.map(({ rule, because }) => ['–', `“${oneLine(rule)}”: ${oneLine(because)}`]));
}

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ClusterAccess } from '../../../activities/cluster-access';
import { planRemedy, reloadCheck, allowedTargets, remedyNamed } from '../../../activities/kubernetes/plan-remedy';
import { executeStep } from '../../../activities/kubernetes/step-execution';
import { PracticeCluster } from '../../../activities/practice/cluster';
import { practiceManifests } from '../../../activities/practice/manifests';
import { practiceDesiredState } from '../../../activities/practice/object-store';
import { practiceProbes } from '../../../activities/practice/recorded-answers';
import { askProbe, parseInput } from '../../../activities/probe';
import { probes as registered, remedies } from '../../../activities/registry';
import { secretDigest } from '../../../activities/secret-digest';
import { failureTypeOf, type Condition, type Diagnosis, type Evidence, type Plan, type PlanResult, type ProbeSpec, type Runbook, type RunbookExample } from '../../../workflows/contracts';
import { evaluate, probesOf } from '../../../workflows/domain/conditions';
import { rankCauses } from '../../../workflows/domain/ranking';
import { practiceCluster } from '../../config/clusters';

/** What became of one example: diagnosed on its evidence, planned and carried out on the practice cluster. */
export interface ExampleResult {
  runbook: string;
  example: string;
  cause: string;
  /** 0 to 1, of the top-ranked cause. */
  confidence: number;
  remedies: string[];
  steps: string[];
  risk?: string;
  /** Verification after the plan; absent where nothing was planned. */
  recovers?: boolean;
  /** What is not as the example expects; empty when it passes. */
  faults: string[];
}

/** A verdict in an example is reached within seconds, or something hangs. */
const PROBE_TIMEOUT_MS = 10_000;
/** Time that passes on the practice cluster after each step: a new pod is ready by then. */
const STEP_MS = 5_000;

interface Stage {
  access: ClusterAccess;
  practice: PracticeCluster;
  pass(milliseconds: number): void;
}

/** Runs one example on a practice cluster of its own, which is gone afterwards. */
export async function runExample(runbook: Runbook, example: RunbookExample, runbooksDir: string): Promise<ExampleResult> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-example-'));
  try {
    const stage = setStage(folder, runbooksDir);
    stage.practice.stage(runbook, example);
    const evidence = await gather(stage, runbook.probes.filter(({ verifyOnly }) => !verifyOnly));
    const diagnosis = rankCauses(runbook, evidence);
    const best = diagnosis.causes.find(({ id }) => id === diagnosis.rootCause);
    const planned = await firstPlan(stage, runbook, best?.remedies ?? [], example);
    const recovers = planned?.kind === 'planned' ? await carryOut(stage, runbook, planned.plan) : undefined;
    return judge(runbook, example, diagnosis, planned, recovers);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the probes of the diagnosis answer in an example. */
export async function exampleEvidence(runbook: Runbook, example: RunbookExample, runbooksDir: string): Promise<Evidence[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-example-'));
  try {
    const stage = setStage(folder, runbooksDir);
    stage.practice.stage(runbook, example);
    return await gather(stage, runbook.probes.filter(({ verifyOnly }) => !verifyOnly));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function setStage(folder: string, runbooksDir: string): Stage {
  let passed = 0;
  const now = () => new Date(Date.now() + passed);
  const practice = PracticeCluster.open(folder, runbooksDir, { now, lasting: false });
  const pass = (milliseconds: number) => void (passed += milliseconds);
  const clock = { now, sleep: async (milliseconds: number) => pass(milliseconds) };
  const access = { config: practiceCluster().cluster, kubernetes: practice.gateway, metrics: practice.metrics, desiredState: practiceDesiredState(practiceManifests()), digest: secretDigest('example'), clock };
  return { access, practice, pass };
}

async function gather({ access, practice }: Stage, specs: readonly ProbeSpec[]): Promise<Evidence[]> {
  const probes = practiceProbes(registered, practice);
  const clusters = new Map([[access.config.name, access]]);
  const evidence: Evidence[] = [];
  // One after the other: the clock of the stage is everybody's.
  for (const spec of specs) evidence.push(await ask(spec));
  return evidence;

  async function ask(spec: ProbeSpec): Promise<Evidence> {
    const at = access.clock.now().toISOString();
    try {
      return await askProbe(probes[spec.use]!, clusters, { cluster: access.config.name, publicId: '20260101-00000000', probe: spec, since: at, timeoutMs: PROBE_TIMEOUT_MS });
    } catch (error) {
      const type = failureTypeOf(error);
      if (type === undefined || !(error instanceof Error)) throw error;
      return { probe: spec.id, use: spec.use, status: 'unanswered', at, fields: {}, summary: error.message, error: { type, message: error.message } };
    }
  }
}

/** As an incident does: a remedy that finds the world as it wants it leaves the turn to the next. */
async function firstPlan(stage: Stage, runbook: Runbook, remedyIds: readonly string[], example: RunbookExample): Promise<PlanResult | undefined> {
  let result: PlanResult | undefined;
  for (const wanted of remedyIds) {
    const remedy = runbook.remedies.find(({ id }) => id === wanted);
    if (remedy) result = await plan(stage, runbook, remedy, example);
    if (result?.kind !== 'unneeded') break;
  }
  return result;
}

function plan({ access }: Stage, runbook: Runbook, { id, use, title, with: input }: Runbook['remedies'][number], example: RunbookExample): Promise<PlanResult> {
  return planRemedy(new Map([[access.config.name, access]]), remedies, {
    cluster: access.config.name,
    publicId: '20260101-00000000',
    incidentClass: runbook.id,
    severity: example.alert['severity'] ?? 'none',
    planId: '20260101-00000000-p1',
    remedy: { id, use, title, with: input },
    targets: runbook.targets,
    plannedAt: access.clock.now().toISOString(),
  });
}

/** Executes the plan and looks whether every condition of the runbook holds then. */
async function carryOut(stage: Stage, runbook: Runbook, { steps, use, remedy: remedyId }: Plan): Promise<boolean> {
  const { access, pass } = stage;
  const remedy = remedyNamed(remedies, use);
  const input = parseInput(remedy, runbook.remedies.find(({ id }) => id === remedyId)?.with ?? {}, `The remedy ${remedyId}`);
  const check = reloadCheck(access, remedy, steps, allowedTargets(access, remedy.roles(input)));
  for (const step of steps) {
    await executeStep({ access, dryRun: false, ...check }, step);
    pass(STEP_MS);
  }
  const evidence = await gather(stage, runbook.probes);
  // What this cluster does not have is no line of its checklist.
  const applies = (condition: Condition) => probesOf(condition).some((id) => evidence.find(({ probe }) => probe === id)?.fields['notApplicable'] !== true);
  return runbook.verify.every(({ condition }) => !applies(condition) || evaluate(condition, evidence).truth === 'true');
}

function judge(runbook: Runbook, example: RunbookExample, diagnosis: Diagnosis, planned: PlanResult | undefined, recovers: boolean | undefined): ExampleResult {
  const { expect } = example;
  const best = diagnosis.causes.find(({ id }) => id === diagnosis.rootCause);
  const done = planned?.kind === 'planned' ? planned.plan : undefined;
  const result = {
    runbook: runbook.id,
    example: example.id,
    cause: diagnosis.rootCause,
    confidence: best?.confidence ?? 0,
    remedies: best?.remedies ?? [],
    steps: (done?.steps ?? []).map(({ action, object }) => `${action} ${object.kind}/${object.name}`),
    ...(done && { risk: done.risk }),
    ...(recovers !== undefined && { recovers }),
  };
  const differs = (what: string, wanted: unknown, found: unknown) => (JSON.stringify(wanted) === JSON.stringify(found) ? [] : [`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`]);
  const refusal = planned && planned.kind !== 'planned' && expect.steps ? [`the plan was ${planned.kind === 'refused' ? 'refused' : 'not needed'}: ${planned.reason.en}`] : [];
  const faults = [
    ...differs('cause', expect.cause, result.cause),
    ...differs('remedies', expect.remedies, result.remedies),
    ...(expect.steps ? differs('steps', expect.steps, result.steps) : []),
    ...(expect.risk ? differs('risk', expect.risk, result.risk) : []),
    ...refusal,
    ...(recovers === false ? ['the conditions of `verify` do not all hold after the plan: look at `objects` and `after`'] : []),
  ];
  return { ...result, faults };
}

import { failure } from '../../workflows/contracts/failures';
import type {
  ConditionStatus,
  Evidence,
  ExecuteRequest,
  FailureDomain,
  IncidentRecord,
  IncidentSettings,
  Lease,
  Notification,
  Outcome,
  PastIncident,
  PermanentFixStatus,
  PipelineMetrics,
  PipelineMetricsRequest,
  Plan,
  PlannedStep,
  PlanRequest,
  PlanResult,
  ProbeRequest,
  Risk,
  Runbook,
  RunbookRequest,
  RunbookSnapshot,
  StepResult,
  StormEntry,
  VerifyRequest,
  WrittenRecord,
} from '../../workflows/contracts';
import { planHash } from '../../workflows/domain/plan-hash';
import type { Budgets, Policy } from '../../workflows/contracts';
import { requireBudget, withinBudget, type BudgetBook } from '../../activities/kubernetes/action-budget';
import { requirePolicy, rulingNow } from '../../activities/kubernetes/policy-authority';
import { DEFAULT_POLICY } from '../../workflows/domain/policy';
import { clusterConfig } from './pipeline-objects';

const text = (en: string) => ({ en, ko: en });

/** A runbook with two causes and three remedies, for tests of the workflow alone. */
export const TEST_RUNBOOK: Runbook = {
  id: 'remote-write-failure',
  revision: 1,
  title: text('Remote write is failing'),
  summary: text('for tests'),
  failureDomain: 'receive',
  match: [{ alertname: 'RemoteWriteLagging' }],
  targets: ['receiver'],
  probes: [
    { id: 'pods', use: 'test.pods', with: {} },
    { id: 'log', use: 'test.log', with: {} },
  ],
  causes: [
    { id: 'broken', title: text('Receivers are broken'), explanation: text('x'), when: { probe: 'pods', field: 'broken', above: 0 }, supports: [{ probe: 'log', field: 'matched', includes: 'refused' }], contradicts: [], confidence: 'high', impact: 'outage', remedies: ['first', 'second'], permanentFix: ['budget'] },
    { id: 'advice-only', title: text('Overload'), explanation: text('x'), when: { probe: 'pods', field: 'overloaded', is: true }, supports: [], contradicts: [], confidence: 'high', impact: 'outage', remedies: [], advice: text('add receivers'), permanentFix: [] },
  ],
  remedies: [
    { id: 'first', use: 'test.first', title: text('Evict the broken receivers'), with: {} },
    { id: 'second', use: 'test.second', title: text('Restore the template'), with: {} },
  ],
  verify: [{ id: 'delivered', title: text('delivered'), condition: { probe: 'pods', field: 'broken', is: 0 } }],
  permanentFix: [{ id: 'budget', title: text('A disruption budget'), description: text('x') }],
  examples: [],
  deviations: [],
};

/** What a fake world received, in order: the oracle of workflow tests. */
export interface WorldLog {
  executed: Array<{ step: string; planHash: string; undo: boolean; decisions: number }>;
  planned: PlanRequest[];
  pages: Notification[];
  records: IncidentRecord[];
  probes: string[];
  leases: string[];
}

/** A world for the workflow alone: everything outside it, as plain functions that a test can replace. */
export class IncidentWorld {
  readonly log: WorldLog = { executed: [], planned: [], pages: [], records: [], probes: [], leases: [] };
  settings: IncidentSettings;
  runbook: Runbook | null = TEST_RUNBOOK;
  /** Runbooks of other classes, asked for by their own alerts. */
  others: Runbook[] = [];
  /** Fields per probe id; `null`: it does not answer. */
  evidence: Record<string, Evidence['fields'] | null> = { pods: { broken: 2, overloaded: false }, log: { matched: ['refused'] } };
  risk: Record<string, Risk> = { first: 'disruptive', second: 'disruptive' };
  /** Objects' version: part of every plan, so that changing it makes plans stale. */
  generation = 1;
  /** The worker's own policy, judged when planning and when executing; without one, the workflow goes by its settings. */
  policy: Policy | undefined;
  /** What time it is for the worker. */
  at = () => new Date();
  /** Whose signatures the worker trusts when it executes. */
  keys = () => this.settings.keys;
  budgets: Budgets | undefined;
  /** The book of the cluster's budget; asked only where there are budgets. */
  spendBudget: BudgetBook['spendBudget'] = () => Promise.resolve({ granted: true });
  refusedRemedies = new Set<string>();
  /** What a plan evicts. */
  podsToEvict = ['thanos-receive-1', 'thanos-receive-2'];
  /** Whose lease a step is carried out under, as the plan says it; without it, plans say nothing, as they did before. */
  domains: ((step: string) => FailureDomain) | undefined;
  /** How long each step may wait for what has to come first. */
  patienceMs: number | undefined;
  /** May throw in place of an answer. */
  onVerify: (request: VerifyRequest) => void = () => undefined;
  healthy = () => this.log.executed.some((entry) => !entry.undo);
  onExecute: (request: ExecuteRequest) => void = () => undefined;
  afterSpending: () => void = () => undefined;
  leaseHeldBy: () => string | undefined = () => undefined;
  /** What the records tell of the cluster's last weeks. */
  past: PastIncident[] = [];
  /** What the pipeline's metrics say; asked only where the settings have them. May throw in place of an answer. */
  metrics: (request: PipelineMetricsRequest) => Promise<PipelineMetrics> = () => Promise.reject(new Error('nobody asks'));
  pagerWorks = true;
  recordStoreWorks = true;
  beforeRecord: () => Promise<void> = () => Promise.resolve();

  constructor(settings: Partial<IncidentSettings> & { queues: IncidentSettings['queues'] }) {
    this.settings = {
      temporalNamespace: 'default',
      policy: DEFAULT_POLICY,
      acceptUnsigned: true,
      keys: [],
      durations: { rootCauseTarget: 300_000, recoveryTarget: 900_000, probeTimeout: 10_000, remindEvery: 300_000, escalateEvery: 900_000, approvalDeadline: 3_600_000, verifyDeadline: 900_000, verifyEvery: 5_000, stabilityWindow: 600_000, resolutionDeadline: 1_800_000, leaseWait: 1_800_000 },
      locale: 'en',
      publicUrl: 'http://127.0.0.1:1',
      practice: false,
      ...settings,
    };
  }

  activities() {
    return {
      configurationSnapshot: async ({ cluster }: { cluster: string }) => {
        if (cluster === 'nowhere') throw failure('InvalidInput', 'cluster "nowhere" is not configured; configured: test');
        return this.settings;
      },
      runbooksSelect: async (request: RunbookRequest) => this.select(request),
      testPods: (request: ProbeRequest) => this.answer(request),
      testLog: (request: ProbeRequest) => this.answer(request),
      kubernetesPlanRemedy: async (request: PlanRequest) => this.budgeted(request, this.plan(request)),
      kubernetesExecuteStep: async (request: ExecuteRequest) => this.execute(request, false),
      kubernetesUndoStep: async (request: ExecuteRequest) => this.execute(request, true),
      verificationCheck: async (request: VerifyRequest) => this.verify(request),
      temporalAcquireLease: async ({ cluster, failureDomain, holder, ttlMs }: { cluster: string; failureDomain: 'receive'; holder: string; ttlMs: number }) => {
        const other = this.leaseHeldBy();
        if (other) return { granted: false as const, holder: other, position: 1 };
        this.log.leases.push(this.leased.has(`${failureDomain} ${holder}`) ? 'extended' : 'acquired');
        this.leased.add(`${failureDomain} ${holder}`);
        return { granted: true as const, lease: { cluster, failureDomain, holder, token: 1, expiresAt: new Date(Date.now() + ttlMs).toISOString() } };
      },
      temporalReleaseLease: async ({ failureDomain, holder }: Pick<Lease, 'failureDomain' | 'holder'>) => {
        this.leased.delete(`${failureDomain} ${holder}`);
        this.log.leases.push('released');
      },
      temporalPreviousIncident: async () => null,
      prometheusPipelineMetrics: (request: PipelineMetricsRequest) => this.metrics(request),
      recordsPastIncidents: async () => this.past,
      temporalJoinStorm: async (_: { cluster: string; entry: StormEntry }) => undefined,
      temporalLeaveStorm: async (_: { cluster: string; workflowId: string; outcome: Outcome }) => undefined,
      notifyPage: async (page: Notification) => {
        if (!this.pagerWorks) throw failure('UpstreamRejected', 'the pager said 410 Gone');
        this.log.pages.push(page);
        return { delivered: true, detail: 'test: 200' };
      },
      recordsWrite: async (record: IncidentRecord) => {
        await this.beforeRecord();
        if (!this.recordStoreWorks) throw failure('UpstreamRejected', 'the record store said 507 Insufficient Storage');
        this.log.records.push(record);
        return { location: 'test', files: [] };
      },
      recordsCompleteHistory: async () => ({ location: 'test', files: [] }),
      recordsWriteFixes: async (_: PermanentFixStatus): Promise<WrittenRecord> => ({ location: 'test', files: [] }),
    };
  }

  private select(request: RunbookRequest): RunbookSnapshot | null {
    const claims = ({ match }: Runbook) => match.some(({ alertname }) => request.alerts.some((labels) => labels.alertname === alertname));
    const known = [...(this.runbook ? [this.runbook] : []), ...this.others];
    const runbook = request.incidentClass ? known.find(({ id }) => id === request.incidentClass) : known.find(claims);
    if (!runbook) return null;
    const { examples: _examples, ...snapshot } = runbook;
    return { runbook: snapshot, digest: 'd'.repeat(64), chosenBecause: 'alertname RemoteWriteLagging' };
  }

  /** Leases, by domain and holder. */
  private readonly leased = new Set<string>();

  private async answer({ probe }: ProbeRequest): Promise<Evidence> {
    this.log.probes.push(probe.id);
    const fields = this.healthy() ? { ...this.evidence[probe.id], broken: 0 } : this.evidence[probe.id];
    if (!fields || this.evidence[probe.id] === null) throw failure('UpstreamRejected', `${probe.id} answered garbage`);
    return { probe: probe.id, use: probe.use, status: 'answered', at: new Date().toISOString(), fields, summary: JSON.stringify(fields) };
  }

  private plan(request: PlanRequest): PlanResult {
    this.log.planned.push(request);
    const { id } = request.remedy;
    if (this.refusedRemedies.has(id)) return { kind: 'refused', remedy: id, gates: [], reason: text('a gate says no') };
    if (this.healthy()) return { kind: 'unneeded', remedy: id, reason: text('all is well') };
    const pod = (name: string): PlannedStep => ({ id: name, action: 'evict', reason: text('broken'), object: { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name, uid: `${name}-${this.generation}` }, ...(this.patienceMs !== undefined && { patienceMs: this.patienceMs }) });
    const steps = this.podsToEvict.map(pod);
    const inverse: PlannedStep[] = id === 'first' ? [] : [{ ...pod('thanos-receive-1'), id: 'undo-1' }];
    const draft = { cluster: request.cluster, use: request.remedy.use, steps, inverse, plannedAt: request.plannedAt };
    const plan: Plan = { ...draft, id: request.planId, remedy: id, title: request.remedy.title, risk: this.risk[id] ?? 'disruptive', gates: [], blastRadius: { pods: [], text: text('two pods') }, ifNothingIsDone: text('data is lost'), diff: '', dryRun: [], hash: planHash(draft) };
    if (this.domains) plan.domains = Object.fromEntries([...steps, ...inverse].map(({ id: step }) => [step, this.domains!(step)]));
    return { kind: 'planned', plan, ...(this.policy && { ruling: rulingNow(this.place(this.policy), { ...request, risk: plan.risk }) }) };
  }

  private async budgeted({ incidentClass }: PlanRequest, result: PlanResult): Promise<PlanResult> {
    if (result.kind !== 'planned' || !result.ruling || !this.policy) return result;
    return { ...result, ruling: await withinBudget(this, this.place(this.policy), result.plan, incidentClass, result.ruling) };
  }

  private place(policy: Policy) {
    return { config: clusterConfig({ name: 'test', policy, ...(this.budgets && { budgets: this.budgets }), acceptUnsigned: this.settings.acceptUnsigned }), clock: { now: this.at, sleep: () => Promise.resolve() } };
  }

  private async execute(request: ExecuteRequest, undo: boolean): Promise<StepResult> {
    this.onExecute(request);
    if (this.policy) {
      const authority = { temporalNamespace: 'default', keys: this.keys() };
      const ruling = requirePolicy(authority, this.place(this.policy), request, request.plan.risk, undo ? 'undo' : 'do');
      if (!undo) await requireBudget(this, authority, this.place(this.policy), request, request.plan.risk, ruling);
    }
    this.afterSpending();
    const steps = undo ? request.plan.inverse : request.plan.steps;
    const step = steps.find(({ id }) => id === request.stepId);
    if (!step) throw failure('InvalidInput', `no step ${request.stepId}`);
    this.log.executed.push({ step: step.id, planHash: request.plan.hash, undo, decisions: request.decisions.length });
    return { step: step.id, result: 'evicted', object: step.object, at: new Date().toISOString(), detail: '' };
  }

  private verify(request: VerifyRequest): ConditionStatus[] {
    this.onVerify(request);
    const holds = this.healthy();
    const conditions: ConditionStatus[] = [{ id: 'delivered', title: text('delivered'), holds, seen: holds ? '100 %' : '0 %' }];
    if (holds) return conditions;
    if (request.once) throw failure('VerificationFailed', 'not healthy', { details: [conditions] });
    throw failure('NotYetConverged', 'not yet', { details: [conditions], nextRetryMs: request.everyMs });
  }
}

import { FAILURES, failure, type AcceptedDecision, type FailureType, type PolicyTable } from '../../../workflows/contracts';
import { DEFAULT_POLICY } from '../../../workflows/domain/policy';
import { accessWith, killSwitch, NAMESPACE, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { TestSigner } from '../../support/signing';
import { approval, execute, forged, leaseOf, plan, planned, signer } from './harness';

function broken(config: Parameters<typeof accessWith>[0] = {}): TestAccess {
  const access = accessWith(config);
  access.kubernetes.put(killSwitch('true'), statefulSet(), pod({ ordinal: 0 }), pod({ ordinal: 1, life: 'crashing' }), pod({ ordinal: 2 }));
  return access;
}
const EVICT = 'kubernetes.evictPods';
const made = (access: TestAccess) => planned(access, EVICT, { target: 'receiver' });

async function refused(access: TestAccess, act: Promise<unknown>, type: FailureType, message: RegExp): Promise<void> {
  await expect(act).rejects.toMatchObject({ type, message: expect.stringMatching(message), nonRetryable: !FAILURES[type].retried });
  expect(access.kubernetes.writes).toEqual([]);
}

describe('the kill switch', () => {
  it.each([
    ['says false', (access: TestAccess) => access.kubernetes.put(killSwitch('false')), /does not say enabled: "true"/],
    ['says something else', (access: TestAccess) => access.kubernetes.put(killSwitch('True')), /does not say/],
    ['says nothing', (access: TestAccess) => access.kubernetes.put({ ...killSwitch(''), data: {} }), /does not say/],
    ['is not there', (access: TestAccess) => (access.kubernetes.objects = access.kubernetes.objects.filter(({ kind }) => kind !== 'ConfigMap')), /does not exist/],
    ['may not be read', (access: TestAccess) => (access.kubernetes.before = (call) => {
      if (call.includes('nightshift-automation')) throw failure('NotAuthorized', 'x');
    }), /cannot be read/],
  ])('stops everything when it %s, and says how to turn it on', async (_name, turnOff, why) => {
    const access = broken();
    const approved = await made(access);
    turnOff(access);
    await refused(access, execute(access, approved), 'GateRefused', why);
    await refused(access, execute(access, approved), 'GateRefused', /nightshift-automation.*kubectl -n monitoring create configmap/s);
  });

  it('is asked again when the API server is away for a moment, and nothing is written meanwhile', async () => {
    const access = broken();
    const approved = await made(access);
    access.kubernetes.before = (call) => {
      if (call.includes('nightshift-automation')) throw failure('UpstreamUnavailable', 'away');
    };
    await refused(access, execute(access, approved), 'UpstreamUnavailable', /away/);
  });

  it('is read before anything is judged, and once more after', async () => {
    const access = broken();
    const approved = await made(access);
    let reads = 0;
    access.kubernetes.before = (call) => {
      // Somebody switches it off while the plan is being judged.
      if (call.includes('nightshift-automation') && (reads += 1) === 2) access.kubernetes.put(killSwitch('false'));
    };
    await refused(access, execute(access, approved), 'GateRefused', /does not say/);
    expect(reads).toBe(2);
    const calls: string[] = [];
    access.kubernetes.before = (call) => void calls.push(call);
    await refused(access, execute(access, approved), 'GateRefused', /does not say/);
    expect(calls).toEqual([expect.stringContaining('nightshift-automation')]);
  });

  it('is read before each write, approved or not', async () => {
    const access = broken();
    access.kubernetes.put(pod({ ordinal: 2, life: 'crashing' }));
    const approved = await made(access);
    access.kubernetes.after = () => access.kubernetes.put(killSwitch('false'));
    await execute(access, approved);
    await expect(execute(access, approved, { step: approved.steps[1]!.id })).rejects.toMatchObject({ type: 'GateRefused' });
    expect(access.kubernetes.writes).toHaveLength(1);
  });
});

describe('a worker executes only', () => {
  it('where acting is on', async () => {
    const access = broken({ mode: 'observe' });
    await refused(access, execute(access, await made(access)), 'GateRefused', /only observed/);
  });

  it('on clusters that it knows', async () => {
    const access = broken();
    await refused(access, execute(access, await made(access), { change: { cluster: 'cluster-99' } }), 'InvalidInput', /knows cluster-03/);
    await refused(access, execute(access, forged(await made(access), { cluster: 'cluster-99' })), 'NotAuthorized', /for the cluster cluster-99/);
  });

  it('the plan that its hash was made for', async () => {
    const access = broken();
    const approved = await made(access);
    const steps = approved.steps.map((step) => ({ ...step, object: { ...step.object, uid: 'uid-other' } }));
    await refused(access, execute(access, { ...approved, steps }), 'NotAuthorized', /somebody has changed it/);
    await refused(access, execute(access, { ...approved, hash: 'f'.repeat(64) }), 'NotAuthorized', /somebody has changed it/);
  });

  it('a step of the plan, by a remedy that it has, on roles that it knows', async () => {
    const access = broken();
    const approved = await made(access);
    await refused(access, execute(access, approved, { step: 'nonsense' }), 'InvalidInput', /has no step nonsense/);
    await refused(access, execute(access, forged(approved, { use: 'kubernetes.deleteEverything' })), 'InvalidInput', /No remedy/);
    await refused(access, execute(access, forged(approved, { use: 'constructor' })), 'InvalidInput', /No remedy/);
    await refused(access, execute(access, approved, { targets: ['everything'] }), 'NotAuthorized', /none of the allowed targets/);
    await refused(access, execute(access, approved, { targets: ['agent'] }), 'NotAuthorized', /none of the allowed targets/);
  });

  it('what a runbook lets it, though it names roles that this cluster does not have', async () => {
    const access = broken();
    expect((await execute(access, await made(access), { targets: ['receiver', 'nodeExporterMonitor'] })).result).toBe('evicted');
  });

  it('nothing in namespaces of nobody', async () => {
    const access = broken();
    const approved = await made(access);
    const inverse = [{ ...approved.steps[0]!, id: 'x', object: { ...approved.steps[0]!.object, namespace: 'kube-system' } }];
    await refused(access, execute(access, forged(approved, { inverse })), 'NotAuthorized', /kube-system/);
  });

  it('what is called by the workflow that it is for', async () => {
    const access = broken();
    const approved = await made(access);
    await refused(access, execute(access, approved, { dependencies: { callingWorkflow: () => 'somebody/else' } }), 'NotAuthorized', /asks in the name of/);
    expect((await execute(access, approved, { dependencies: { callingWorkflow: () => 'incident/cluster-03/receive' } })).result).toBe('evicted');
  });

  it('while the lease stands, asked last', async () => {
    const access = broken();
    const approved = await made(access);
    await refused(access, execute(access, approved, { dependencies: { confirmLease: () => Promise.resolve(false) } }), 'NotAuthorized', /no longer held/);
    const other = leaseOf(approved, approved.steps[0]!.id, { cluster: 'cluster-04' });
    await refused(access, execute(access, approved, { change: { lease: other } }), 'NotAuthorized', /no longer held/);
    const order: string[] = [];
    access.kubernetes.before = (call, dryRun) => {
      if (!dryRun && call.startsWith('evict')) order.push('write');
    };
    await execute(access, approved, { dependencies: { confirmLease: () => (order.push('lease'), Promise.resolve(true)) } });
    expect(order).toEqual(['lease', 'write']);
  });

  it('answers a failing lease service as it fails', async () => {
    const access = broken();
    await refused(access, execute(access, await made(access), { dependencies: { confirmLease: () => Promise.reject(failure('UpstreamUnavailable', 'Temporal is away')) } }), 'UpstreamUnavailable', /away/);
  });
});

describe('an undo', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'of-somebody-else' };
  const reason = { en: 'x', ko: 'x' };

  it('touches only what the remedy may, however well the plan is signed and undoes itself', async () => {
    const access = broken();
    access.kubernetes.put({ ...object, metadata: { name: object.name, namespace: NAMESPACE }, data: { a: '2' } });
    const stray = forged(await made(access), {
      steps: [{ id: 'change', action: 'patch', object, changes: [{ path: '/data/a', old: '1', new: '2' }], reason }],
      inverse: [{ id: 'undo-change', action: 'patch', object, changes: [{ path: '/data/a', old: '2', new: '1' }], reason }],
    });
    await refused(access, execute(access, stray, { direction: 'undo' }), 'NotAuthorized', /of-somebody-else, which is none of the allowed targets/);
  });

  it('undoes what its plan has done, and nothing else', async () => {
    const access = broken();
    const approved = await made(access);
    const more = forged(approved, { inverse: [{ id: 'undo-nothing', action: 'patch', object: { ...object, kind: 'StatefulSet', apiVersion: 'apps/v1', name: 'thanos-receive' }, changes: [{ path: '/spec/replicas', old: 3, new: 0 }], reason }] });
    await refused(access, execute(access, more, { direction: 'undo' }), 'NotAuthorized', /undoes nothing that this plan does/);
  });
});

describe('approvals, by the worker’s own policy and keys', () => {
  const other = new TestSigner();
  const incident = { workflowId: 'incident/cluster-03/receive', firstRunId: 'another' };
  const cases: Array<[string, (of: Awaited<ReturnType<typeof made>>) => AcceptedDecision[]]> = [
    ['none', () => []],
    ['one that is not signed', (of) => {
      const { signed: _signed, ...unsigned } = approval(of);
      return [unsigned];
    }],
    ['one signed with a key that is not trusted', (of) => [approval(of, 'kim', { signed: other.sign(incident, 'decide', { verdict: 'approve' as const, planHash: of.hash }) })]],
    ['one for another incident', (of) => [approval(of, 'kim', { signed: signer.sign(incident, 'decide', { verdict: 'approve' as const, planHash: of.hash }) })]],
    ['one for another plan', (of) => [approval({ ...of, hash: 'f'.repeat(64) })]],
    ['one for another plan that claims to be for this', (of) => [{ ...approval({ ...of, hash: 'f'.repeat(64) }), planHash: of.hash }]],
    ['one that was a rejection', (of) => [approval(of, 'kim', { verdict: 'reject' })]],
    ['one of a viewer', (of) => {
      const decision = approval(of);
      const incidentOf = { workflowId: 'incident/cluster-03/receive', firstRunId: decision.signed!.statement.firstRunId };
      return [{ ...decision, signed: signer.sign(incidentOf, 'decide', { verdict: 'approve' as const, planHash: of.hash }, { roles: ['viewer'] }) }];
    }],
    ['one that had expired when it was made', (of) => [approval(of, 'kim', { at: '2101-01-01T00:00:00Z' })]],
    ['one in somebody else’s name', (of) => [{ ...approval(of, 'lee'), actor: 'kim' }]],
    ['one whose statement was changed', (of) => {
      const decision = approval(of);
      return [{ ...decision, actor: 'root', signed: { ...decision.signed!, statement: { ...decision.signed!.statement, actor: 'root' } } }];
    }],
  ];

  it.each(cases)('%s is not enough', async (_name, decisions) => {
    const access = broken();
    const of = await made(access);
    await refused(access, execute(access, of, { decisions: decisions(of) }), 'NotAuthorized', /lacks 1 valid approval|lacks \d/);
  });

  it('one that is good is enough, and says nothing of the plan’s own risk', async () => {
    const access = broken();
    const of = await made(access);
    await refused(access, execute(access, forged(of, { risk: 'safe' }), { decisions: [] }), 'GateRefused', /calls itself safe; this worker finds it disruptive/);
    expect((await execute(access, of, { decisions: [approval(of)] })).result).toBe('evicted');
  });

  it('a plan that calls itself worse needs what that takes', async () => {
    const access = broken();
    const worse = forged(await made(access), { risk: 'destructive' });
    await refused(access, execute(access, worse, { decisions: [approval(worse)] }), 'NotAuthorized', /destructive/);
    await refused(access, execute(access, worse, { decisions: [approval(worse), approval(worse)] }), 'NotAuthorized', /destructive/);
    expect((await execute(access, worse, { decisions: [approval(worse), approval(worse, 'lee')] })).result).toBe('evicted');
  });

  it('unsigned ones count where the configuration says so, for what is destructive only where all may be lost', async () => {
    const unsigned = (of: Awaited<ReturnType<typeof made>>, actor: string) => {
      const { signed: _signed, ...decision } = approval(of, actor);
      return decision;
    };
    for (const [config, allowed] of [[{ acceptUnsigned: true }, false], [{ acceptUnsigned: true, lab: true }, true], [{ acceptUnsigned: true, practice: true }, true]] as const) {
      const access = broken(config);
      const of = await made(access);
      const worse = forged(of, { risk: 'destructive' });
      const act = execute(access, worse, { decisions: [unsigned(worse, 'kim'), unsigned(worse, 'lee')] });
      if (allowed) await expect(act).resolves.toMatchObject({ result: 'evicted' });
      else {
        await refused(access, act, 'NotAuthorized', /not signed/);
        expect((await execute(access, of, { decisions: [unsigned(of, 'kim')] })).result).toBe('evicted');
      }
    }
  });

  it('none is asked for where the policy is automatic, and none is enough where it says never', async () => {
    const policy = (disruptive: PolicyTable['disruptive']): PolicyTable => ({ ...DEFAULT_POLICY, disruptive });
    const never = broken({ policy: policy({ kind: 'never' }) });
    await refused(never, execute(never, await made(never)), 'NotAuthorized', /policy never allows/);
    const automatic = broken({ policy: policy({ kind: 'automatic' }) });
    expect((await execute(automatic, await made(automatic), { decisions: [] })).result).toBe('evicted');
  });
});

describe('the gates', () => {
  it('judge the change with one, two and all members down', async () => {
    for (const down of [1, 2, 3]) {
      const access = broken();
      for (let ordinal = 0; ordinal < 3; ordinal += 1) access.kubernetes.put(pod({ ordinal, life: ordinal < down ? 'crashing' : 'ready' }));
      const of = await made(access);
      expect(of.gates.find(({ gate }) => gate === 'quorum')).toMatchObject({ passed: true });
      expect((await execute(access, of)).result).toBe('evicted');
    }
  });

  it('hold with a replication factor of one, where any loss is an outage', async () => {
    const access = broken({ replicationFactor: 1 });
    const of = await made(access);
    expect(of.blastRadius.quorum).toEqual({ readyBefore: 2, readyDuring: 2, needed: 3, members: 3 });
    access.kubernetes.put(pod({ ordinal: 1, life: 'ready' }));
    await refused(access, execute(access, of), 'GateRefused', /onlyBroken.*quorum/s);
    expect(NAMESPACE).toBe('monitoring');
  });

  it('cannot be passed by a plan whose gates say that they passed', async () => {
    const access = broken();
    const of = await made(access);
    access.kubernetes.put(pod({ ordinal: 1, life: 'ready' }));
    const lie = { ...of, gates: of.gates.map((gate) => ({ ...gate, passed: true })) };
    await refused(access, execute(access, lie), 'GateRefused', /only broken pods/);
  });

  it('refuse a plan, saying which', async () => {
    const access = broken();
    access.kubernetes.put(statefulSet({ update: 'thanos-receive-bad' }));
    expect(await plan(access, EVICT, { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'templateRevision', passed: false, reason: { ko: expect.any(String) } }] });
  });
});

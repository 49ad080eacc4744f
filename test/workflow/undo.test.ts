import type { ExecuteRequest, PlannedStep, PlanRequest, PlanResult } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { planHash } from '../../workflows/domain/plan-hash';
import { IncidentHarness } from '../support/incident-harness';
import { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const reason = { en: 'x', ko: 'x' };
const service = (name: string) => ({ apiVersion: 'v1', kind: 'Service', namespace: 'monitoring', name });
const STEPS: PlannedStep[] = ['one', 'two'].map((name) => ({ id: name, action: 'create', reason, object: service(name), manifest: {} }));
const INVERSE: PlannedStep[] = ['two', 'one'].map((name) => ({ id: `undo-${name}`, action: 'delete', reason, object: service(name) }));

/** A world whose remedy makes two Services, of which one was there already. */
class MakingWorld extends IncidentWorld {
  readonly undone: Array<{ step: string; createdUid: string | undefined }> = [];

  override activities() {
    const inner = super.activities();
    return {
      ...inner,
      kubernetesPlanRemedy: async (request: PlanRequest): Promise<PlanResult> => {
        const result = await inner.kubernetesPlanRemedy(request);
        if (result.kind !== 'planned') return result;
        const plan = { ...result.plan, steps: STEPS, inverse: INVERSE };
        return { ...result, plan: { ...plan, hash: planHash(plan) } };
      },
      kubernetesExecuteStep: async (request: ExecuteRequest) => ({ ...(await inner.kubernetesExecuteStep(request)), ...(request.stepId === 'one' ? { result: 'created' as const, uid: 'uid-one' } : { result: 'unchanged' as const }) }),
      kubernetesUndoStep: async (request: ExecuteRequest) => {
        this.undone.push({ step: request.stepId, createdUid: request.createdUid });
        return { ...(await inner.kubernetesUndoStep(request)), result: 'deleted' as const };
      },
    };
  }
}

test('what an undo may remove is what the plan made, by its UID', async () => {
  let world: MakingWorld | undefined;
  await harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await incidents.until(handle, () => world!.undone.length === 2, 'the undo');
    expect(world!.undone).toEqual([{ step: 'undo-two', createdUid: undefined }, { step: 'undo-one', createdUid: 'uid-one' }]);
  }, undefined, { createWorld: (settings) => {
    world = new MakingWorld(settings);
    world.healthy = () => false;
    return world;
  } });
});

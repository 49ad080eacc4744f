/** What may happen to an incident, as data: so that a failing sequence can be printed, shrunk and played again. */
import fc from 'fast-check';
import { RISKS, type MessageName, type Risk } from '../../workflows/contracts';
import { FAULT_KINDS, type Fault } from './hostile-world';

/** How a message is wrong; `signed` and `unsigned` are the honest ways. */
export const MANNERS = ['signed', 'signed', 'signed', 'unsigned', 'stranger', 'wrongHash', 'otherIncident', 'earlierRun', 'viewer', 'expired', 'tampered', 'otherMessage', 'replayed'] as const;
export type Manner = (typeof MANNERS)[number];

export const GARBAGE: unknown[] = [
  undefined, null, 5, 'x', [], {}, { actor: {} }, { actor: 5, reason: 5 }, { reason: { toString: 1 } }, { verdict: 'approve', reason: 7 }, { verdict: 'approve', planHash: {} }, { verdict: 'maybe' },
  { text: 5 }, { text: {} }, { remedy: {} }, { remedy: 'first', reason: 9 }, { statement: null, signature: 'x' }, { statement: {}, signature: 5, keyId: 'x' }, { statement: 'x', signature: {} },
  { alerts: null }, { alerts: [null] }, { alerts: [{}] }, { alerts: 'x' }, { alerts: [{ fingerprint: 'g', status: 'firing', startsAt: 'never' }] }, { alerts: [{ fingerprint: 5, status: 'on', labels: 5, annotations: null, startsAt: {} }] },
];

const MESSAGES = ['decide', 'addNote', 'chooseRemedy', 'takeOver', 'resume', 'cancelIncident'] as const satisfies MessageName[];
const SIGNALS = ['approve', 'reject', 'alertsChanged'] as const;

export type Act =
  | { act: 'decide'; verdict: 'approve' | 'reject'; actor: string; manner: Manner; signal: boolean }
  | { act: 'message'; message: Exclude<MessageName, 'decide'>; actor: string; manner: Manner; remedy: string }
  | { act: 'garbage'; to: (typeof MESSAGES)[number] | (typeof SIGNALS)[number]; garbage: number }
  | { act: 'alert'; what: 'new' | 'repeat' | 'resolve-one' | 'resolve-all' }
  | { act: 'skip'; seconds: number }
  | { act: 'await-plan' }
  | { act: 'await-mutation' }
  | { act: 'heal'; healthy: boolean }
  | { act: 'change-world' }
  | { act: 'fault'; fault: Fault }
  | { act: 'restart' };

const actors = fc.constantFrom('kim', 'lee', 'park');
const manners = fc.constantFrom(...MANNERS);
const ACTIVITIES = ['configurationSnapshot', 'runbooksSelect', 'testPods', 'kubernetesPlanRemedy', 'kubernetesExecuteStep', 'kubernetesUndoStep', 'verificationCheck', 'temporalAcquireLease', 'temporalReleaseLease', 'temporalPreviousIncident', 'notifyPage', 'recordsWrite'];
const faults: fc.Arbitrary<Fault> = fc.record({ activity: fc.oneof(fc.constantFrom(...ACTIVITIES), fc.constantFrom('kubernetesExecuteStep', 'kubernetesPlanRemedy', 'verificationCheck')), kind: fc.constantFrom(...FAULT_KINDS), times: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY) });

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('decide' as const), verdict: fc.constantFrom('approve', 'approve', 'approve', 'reject'), actor: actors, manner: manners, signal: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('message' as const), message: fc.constantFrom('addNote', 'chooseRemedy', 'chooseRemedy', 'takeOver', 'takeOver', 'resume', 'resume', 'cancelIncident'), actor: actors, manner: manners, remedy: fc.constantFrom('first', 'second', 'nonsense') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('garbage' as const), to: fc.constantFrom(...MESSAGES, ...SIGNALS), garbage: fc.nat(GARBAGE.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('alert' as const), what: fc.constantFrom('new', 'repeat', 'resolve-one', 'resolve-all') }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('skip' as const), seconds: fc.constantFrom(1, 12, 70, 400, 1_000, 3_700) }) },
  { weight: 6, arbitrary: fc.constant({ act: 'await-plan' as const }) },
  { weight: 2, arbitrary: fc.constant({ act: 'await-mutation' as const }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('heal' as const), healthy: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ act: 'change-world' as const }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('fault' as const), fault: faults }) },
  { weight: 1, arbitrary: fc.constant({ act: 'restart' as const }) },
);

export interface Scenario {
  acceptUnsigned: boolean;
  risks: Record<'first' | 'second', Risk>;
  /** Every workflow task replays the whole history. */
  uncached: boolean;
  /** Spoils what happens before anybody can say anything. */
  from: Fault[];
  acts: Act[];
}

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  acceptUnsigned: fc.boolean(),
  risks: fc.record({ first: fc.constantFrom(...RISKS), second: fc.constantFrom(...RISKS) }),
  uncached: fc.constantFrom(false, false, true),
  from: fc.oneof(fc.constant<Fault[]>([]), fc.constant<Fault[]>([]), fc.array(faults, { minLength: 1, maxLength: 2 })),
  acts: fc.array(acts, { minLength: 3, maxLength: 14, size: 'max' }),
});

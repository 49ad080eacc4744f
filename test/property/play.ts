import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Alert, DecisionAnswer, DecisionBody, Envelope, IncidentStatus, MessageName, Signed, Statement } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { alert, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { TestSigner } from '../support/signing';
import { GARBAGE, type Act, type Manner, type Scenario } from './acts';
import type { HostileWorld } from './hostile-world';

/**
 * Real time: an update that takes longer has got stuck. A task that a worker took with it as it ended is given out again
 * after ten seconds; while the worker's own files cannot be read, a task lasts the 20 s for which they are tried again.
 */
const ANSWER_WITHIN_MS = 45_000;
/** Real time: a long life that is replayed whole at each task has hundreds of tasks before its end. */
const ENDED_WITHIN_MS = 180_000;
/** Looks at an incident until it does what an act waits for; then the sequence goes on without it. */
const LOOKS = 15;

/** Plays one scenario to its end. What must not have happened is then asked of the world and the history. */
export class Play {
  private readonly alerts: Alert[] = [];
  private readonly sent: Array<{ envelope: Signed<DecisionBody>; actor: string }> = [];
  private readonly stranger = new TestSigner();
  readonly problems: string[] = [];

  constructor(private readonly incidents: Incidents, private readonly world: HostileWorld, private readonly handle: IncidentHandle, private readonly scenario: Scenario, private readonly signer: TestSigner, first: Alert) {
    this.alerts.push(first);
  }

  async perform(act: Act): Promise<void> {
    switch (act.act) {
      case 'decide':
        return this.decide(act);
      case 'message':
        return this.message(act);
      case 'garbage':
        return this.garbage(act);
      case 'alert':
        return this.alert(act.what);
      case 'skip':
        return this.incidents.env.sleep(act.seconds * 1_000);
      case 'await-plan':
        return this.look(async () => (await this.status())?.waiting?.for === 'approval');
      case 'await-mutation': {
        const before = this.world.mutations.length;
        return this.look(async () => this.world.mutations.length > before);
      }
      case 'heal':
        this.world.healthy = () => act.healthy;
        return;
      case 'change-world':
        this.world.generation += 1;
        return;
      case 'fault':
        this.world.faults.push({ ...act.fault });
        return;
      case 'restart':
        this.world.workerRestarted();
        return this.incidents.restartWorker();
    }
  }

  /** Everything works again and the alerts resolve: now the incident has to end, whatever it was told. */
  async finish(): Promise<string> {
    this.world.mend();
    await this.signal(messages.alertsChanged.name, { alerts: this.alerts.map(resolved), receivedAt: '' });
    const result = await this.within(ENDED_WITHIN_MS, () => this.handle.result());
    return result === TOO_LATE ? 'never ended' : result instanceof Error ? `failed: ${result.cause instanceof Error ? result.cause.message : result.message}` : result.outcome;
  }

  private async status(): Promise<IncidentStatus | undefined> {
    const status = await this.within(ANSWER_WITHIN_MS, () => this.incidents.status(this.handle));
    if (status === TOO_LATE) this.problems.push('a query was not answered');
    return status === TOO_LATE || status instanceof Error ? undefined : status;
  }

  private async look(done: () => Promise<boolean>): Promise<void> {
    for (let look = 0; look < LOOKS && !(await done()); look += 1) await (look < 10 ? delay(20) : this.incidents.env.sleep(2_000));
  }

  private async decide({ verdict, actor, manner, signal }: Extract<Act, { act: 'decide' }>): Promise<void> {
    const status = await this.status();
    if (!status) return;
    const planHash = status.plan?.hash;
    const envelope = this.envelope<DecisionBody>(status, 'decide', { verdict, ...(planHash && { planHash }) }, actor, manner);
    const valid = manner === 'signed' || (manner === 'unsigned' && this.scenario.acceptUnsigned);
    if (valid && verdict === 'approve' && planHash) this.world.approvalSent(planHash, actor);
    if (signal) return this.signal(verdict, envelope);
    const answer = await this.update<DecisionAnswer>('decide', envelope);
    if (!answer || answer === true) return;
    if (!valid && manner !== 'replayed') this.problems.push(`a ${manner} decision was accepted`);
    if (answer.standing === 'rejected') this.world.rejectionStands(answer.planHash);
  }

  private async message({ message, actor, manner, remedy }: Extract<Act, { act: 'message' }>): Promise<void> {
    const status = await this.status();
    if (!status) return;
    const body = message === 'addNote' ? { text: 'a note' } : message === 'chooseRemedy' ? { remedy } : { reason: 'because' };
    const releases = message === 'resume' || message === 'chooseRemedy';
    const before = this.world.isHeld;
    // Released before it is sent: whatever is done from here on may be its consequence.
    if (releases) this.world.held(undefined);
    const accepted = (await this.update(message, this.envelope(status, message, body, actor, manner), true)) !== undefined;
    const valid = manner === 'signed' || (manner === 'unsigned' && this.scenario.acceptUnsigned);
    if (accepted && !valid && manner !== 'wrongHash' && manner !== 'replayed') this.problems.push(`a ${manner} ${message} was accepted`);
    if (message === 'takeOver' || message === 'cancelIncident') {
      if (accepted) this.world.held(performance.now());
    } else if (releases && !accepted && before) this.world.held(performance.now());
  }

  private envelope<Body extends object>(status: IncidentStatus, message: MessageName, body: Body, actor: string, manner: Manner): Envelope<Body> {
    const sign = (change: Partial<Statement<Body>> = {}) => this.signer.sign(status, message, body, { actor, ...change });
    switch (manner) {
      case 'unsigned':
        return { ...body, actor };
      case 'stranger':
        return this.stranger.sign(status, message, body, { actor });
      case 'wrongHash':
        return sign({ body: { ...body, planHash: 'f'.repeat(64) } });
      case 'otherIncident':
        return sign({ workflowId: 'incident/test/query' });
      case 'earlierRun':
        return sign({ firstRunId: randomUUID() });
      case 'viewer':
        return sign({ roles: ['viewer'] });
      case 'expired':
        return sign({ expiresAt: '2020-01-01T00:00:00.000Z' });
      case 'tampered': {
        const good = sign();
        return { ...good, statement: { ...good.statement, actor: 'eve' } };
      }
      case 'otherMessage':
        return this.signer.sign(status, message === 'addNote' ? 'decide' : 'addNote', body, { actor });
      case 'replayed':
        return (this.sent.at(-1)?.envelope ?? sign({ expiresAt: '2020-01-01T00:00:00.000Z' })) as Envelope<Body>;
      case 'signed': {
        const good = sign();
        if (message === 'decide') this.sent.push({ envelope: good as unknown as Signed<DecisionBody>, actor });
        return good;
      }
    }
  }

  private async garbage({ to, garbage }: Extract<Act, { act: 'garbage' }>): Promise<void> {
    const payload = GARBAGE[garbage];
    if (this.scenario.acceptUnsigned) {
      // What garbage may mean where unsigned messages count: somebody, without a name, decides, takes over, gives back.
      if (to === 'decide' || to === 'approve') this.world.approvalSent(undefined, 'garbage');
      if (to === 'resume' || to === 'chooseRemedy') this.world.held(undefined);
    }
    if (to === 'approve' || to === 'reject' || to === 'alertsChanged') await this.signal(to, payload);
    else await this.update(to, payload);
  }

  private async alert(what: Extract<Act, { act: 'alert' }>['what']): Promise<void> {
    if (what === 'new') this.alerts.push(alert({ startsAt: new Date(Date.UTC(2026, 0, 1, 4, this.alerts.length)).toISOString() }));
    const chosen = { new: this.alerts.slice(-1), repeat: this.alerts, 'resolve-one': this.alerts.slice(-1).map(resolved), 'resolve-all': this.alerts.map(resolved) }[what];
    await this.signal(messages.alertsChanged.name, { alerts: chosen, receivedAt: '' });
  }

  private async signal(name: string, payload: unknown): Promise<void> {
    await this.handle.signal(name, ...(payload === undefined ? [] : [payload])).catch(() => undefined);
  }

  /** @returns the answer (`true` for an update without one), or undefined when it was refused */
  private async update<Answer>(name: string, payload: unknown, empty = false): Promise<Answer | true | undefined> {
    const answer = await this.within(ANSWER_WITHIN_MS, () => this.handle.executeUpdate<Answer, [unknown]>(name, { args: [payload] }));
    if (answer === TOO_LATE) this.problems.push(`${name} was not answered`);
    if (answer === TOO_LATE || answer instanceof Error) return undefined;
    return empty ? true : answer;
  }

  /** What is not answered in time is called off: a call that is tried again later would find its connection closed. */
  private async within<Result>(ms: number, work: () => Promise<Result>): Promise<Result | Error | typeof TOO_LATE> {
    const call = new AbortController();
    const timer = new AbortController();
    const late: Promise<typeof TOO_LATE> = delay(ms, undefined, { signal: timer.signal }).then((): typeof TOO_LATE => TOO_LATE, (): typeof TOO_LATE => TOO_LATE);
    const settled = this.incidents.env.connection.withAbortSignal(call.signal, work).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    return Promise.race([settled, late]).finally(() => {
      timer.abort();
      call.abort();
    });
  }
}

const TOO_LATE: unique symbol = Symbol('too late');

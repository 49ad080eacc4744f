import { randomUUID, sign } from 'node:crypto';
import type { MessageName, Signed, Statement } from '../../workflows/contracts';
import { statementBytes } from '../../workflows/domain/statements';
import type { SigningIdentity } from '../keys';
import type { Actor } from './users';

/** Long enough for a worker that is just starting, too short to be kept and used another night. */
const VALID_FOR_MS = 5 * 60_000;

export interface StatementRequest<Body> {
  message: MessageName;
  workflowId: string;
  firstRunId: string;
  actor: Actor;
  channel: Statement<Body>['channel'];
  body: Body;
}

/** Signs what people say; the private key is in this process only. */
export class Signer {
  /** @param identity asked for each statement, because keys are changed while the gateway runs */
  constructor(
    private readonly identity: () => SigningIdentity,
    private readonly temporalNamespace: string,
  ) {}

  sign<Body>({ message, workflowId, firstRunId, actor, channel, body }: StatementRequest<Body>, now = new Date()): Signed<Body> {
    const statement: Statement<Body> = {
      version: 1,
      message,
      messageId: randomUUID(),
      temporalNamespace: this.temporalNamespace,
      workflowId,
      firstRunId,
      actor: actor.name,
      roles: actor.roles,
      channel,
      issuedAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + VALID_FOR_MS).toISOString(),
      body,
    };
    const { keyId, privateKey, certificates } = this.identity();
    return { statement, keyId, signature: sign(null, statementBytes(statement), privateKey).toString('hex'), ...(certificates.length > 0 && { certificates }) };
  }
}

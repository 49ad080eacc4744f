import { randomUUID } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import { bytesToHex } from '@noble/hashes/utils';
import type { DecisionBody, IncidentStatus, MessageName, Role, Signed, Statement, VerificationKey } from '../../workflows/contracts';
import { statementBytes } from '../../workflows/domain/statements';

/** A signing key of a test's own. */
export class TestSigner {
  private readonly secret = ed25519.utils.randomSecretKey();
  readonly key: VerificationKey = { keyId: randomUUID().slice(0, 8), publicKey: bytesToHex(ed25519.getPublicKey(this.secret)) };

  sign<Body>(status: Pick<IncidentStatus, 'workflowId' | 'firstRunId'>, message: MessageName, body: Body, change: Partial<Statement<Body>> = {}): Signed<Body> {
    const statement: Statement<Body> = {
      version: 1,
      message,
      messageId: randomUUID(),
      temporalNamespace: 'default',
      workflowId: status.workflowId,
      firstRunId: status.firstRunId,
      actor: 'kim',
      roles: ['approver'] satisfies Role[],
      channel: 'cli',
      issuedAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2100-01-01T00:00:00.000Z',
      body,
      ...change,
    };
    return { statement, keyId: this.key.keyId, signature: bytesToHex(ed25519.sign(statementBytes(statement), this.secret)) };
  }

  decision(status: IncidentStatus, verdict: DecisionBody['verdict'], change: Partial<Statement<DecisionBody>> = {}): Signed<DecisionBody> {
    const body: DecisionBody = { verdict, ...(status.plan && { planHash: status.plan.hash }) };
    return this.sign(status, 'decide', body, change);
  }
}

import type { Role } from './vocabulary';

/** Names of the messages that people send; a signature is good for one of them only. */
export type MessageName = 'decide' | 'addNote' | 'chooseRemedy' | 'takeOver' | 'resume' | 'cancelIncident';

/** What the gateway signs: who says what to which incident, on which plan, until when. Times are RFC 3339. */
export interface Statement<Body> {
  version: 1;
  message: MessageName;
  /** A UUID; a statement counts once. */
  messageId: string;
  temporalNamespace: string;
  workflowId: string;
  /** Survives continue-as-new; a new incident under the same workflow ID has another. */
  firstRunId: string;
  actor: string;
  roles: Role[];
  channel: 'api' | 'cli' | 'console' | 'chat';
  issuedAt: string;
  expiresAt: string;
  body: Body;
}

export interface Signed<Body> {
  statement: Statement<Body>;
  keyId: string;
  /** Ed25519 over the canonical JSON (RFC 8785) of the statement, hex. */
  signature: string;
  /** How the key follows from older ones, for incidents that were opened before it was made; oldest first. */
  certificates?: KeyCertificate[];
}

/** A signing key vouches for its successor, so that incidents that know only the older one accept the newer. */
export interface KeyCertificate {
  /** So that no other signature can be taken for a certificate. */
  purpose: 'nightshift key certificate';
  key: VerificationKey;
  /** ID of the key that vouches. */
  by: string;
  issuedAt: string;
  /** Ed25519 over the canonical JSON of the fields above, hex. */
  signature: string;
}

/** As the stock `temporal` CLI sends it. Accepted only where the settings say so. */
export type Unsigned<Body> = Body & { actor?: string };

export type Envelope<Body> = Signed<Body> | Unsigned<Body>;

export interface DecisionBody {
  verdict: 'approve' | 'reject';
  /** The plan that was shown. May be left out of an unsigned message: the plan that waits is meant. */
  planHash?: string;
  reason?: string;
  /** Approves alone where policy provides for it; takes a reason and a signature. */
  breakGlass?: true;
}

export interface NoteBody {
  text: string;
}

export interface ChooseRemedyBody {
  remedy: string;
  reason?: string;
}

/** `resume` and `cancelIncident` carry a reason and nothing else. */
export interface ReasonBody {
  reason?: string;
}

export interface TakeOverBody extends ReasonBody {
  /** Milliseconds after which Nightshift goes on by itself: a pause. Without it, somebody has to give the incident back. */
  forMs?: number;
}

/** The public half of a key that signs statements. */
export interface VerificationKey {
  keyId: string;
  /** Ed25519 public key, 32 bytes, hex. */
  publicKey: string;
}

/** The answer to `decide`. */
export interface DecisionAnswer {
  planId: string;
  planHash: string;
  /** What now stands: enough approvals, a refusal, or a wait for `approvalsMissing` more people. */
  standing: 'approved' | 'rejected' | 'waiting';
  approvalsMissing: number;
}

/** A decision that was accepted, as execution has to prove it. */
export interface AcceptedDecision {
  planId: string;
  planHash: string;
  verdict: 'approve' | 'reject';
  actor: string;
  roles: Role[];
  channel: string;
  at: string;
  reason?: string;
  breakGlass?: true;
  /** Absent for an unsigned message. */
  signed?: Signed<DecisionBody>;
}

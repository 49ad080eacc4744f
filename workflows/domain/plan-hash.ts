import canonicalize from 'canonicalize';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { Plan } from '../contracts/plan';

/**
 * SHA-256 (hex) of what a plan changes: cluster, remedy and each step with object UID, field paths, old and new values
 * and planned times. Neither risk nor texts are covered: risk is judged again by whoever executes, texts change nothing.
 */
export function planHash(plan: Pick<Plan, 'cluster' | 'use' | 'steps' | 'inverse' | 'plannedAt'>): string {
  const strip = (steps: Plan['steps']) => steps.map(({ reason: _reason, ...step }) => step);
  return hashOf({ cluster: plan.cluster, use: plan.use, steps: strip(plan.steps), inverse: strip(plan.inverse), plannedAt: plan.plannedAt });
}

/** SHA-256 (hex) of the canonical JSON (RFC 8785) of a value. */
export function hashOf(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalize(value) ?? '')));
}

/** A plan lives in a history, is shown to people and signed: what looks like a secret has no place in it. */
import type { FieldChange, GateVerdict, Json, PlannedStep } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import { redactJson } from '../redact';
import { text } from '../remedy';
import { nameStep, valueAt } from './changes';
import { sameJson } from '../same-json';

/** The gate that fails where a step, or its inverse, would carry a secret; nothing where none does. */
export async function secretGate(access: ClusterAccess, steps: readonly PlannedStep[]): Promise<GateVerdict | undefined> {
  for (const step of steps) {
    const where = await secretIn(access, step);
    if (where === undefined) continue;
    const name = nameStep(step);
    return { gate: 'noSecrets', passed: false, reason: text(
      `${name}: ${where} holds what looks like a password, token or key, and a plan may not carry it. Keep it in a Secret (valueFrom, a mounted file), or make this change by hand.`,
      `${name}: ${where}에 비밀번호, 토큰 또는 키로 보이는 값이 있어 계획에 담을 수 없습니다. Secret(valueFrom, 마운트 파일)으로 옮기거나 직접 변경하십시오.`,
    ) };
  }
  return undefined;
}

async function secretIn(access: ClusterAccess, step: PlannedStep): Promise<string | undefined> {
  if (step.action === 'create') return looksSecret(step.manifest) ? 'the manifest' : undefined;
  if (step.action !== 'patch') return undefined;
  const suspicious = step.changes.find(({ path, old, new: wanted }) => [old, wanted].some((value) => value !== undefined && looksSecret(value, lastOf(path))));
  if (suspicious) return suspicious.path;
  return secretVariable(access, step, step.changes.filter(({ path }) => VARIABLE.test(path)));
}

/** `/…/env/2/value`: what the variable is called stands beside it, in the object. */
const VARIABLE = /\/env\/\d+\/value$/;

async function secretVariable(access: ClusterAccess, step: PlannedStep, changes: readonly FieldChange[]): Promise<string | undefined> {
  if (changes.length === 0) return undefined;
  const live = await access.kubernetes.read(step.object);
  return changes.find(({ path, old, new: wanted }) => {
    const name = live && valueAt(live, path.replace(/value$/, 'name'));
    return typeof name === 'string' && [old, wanted].some((value) => value !== undefined && looksSecret(value, name));
  })?.path;
}

function looksSecret(value: Json, name?: string): boolean {
  return !sameJson(redactJson(value, name), value);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

import { createHash } from 'node:crypto';
import type { PracticeState } from './state';

/** UIDs, versions and addresses come from the state's counter, so that a process that starts anew goes on where the last one was. */
export function nextUid(state: PracticeState): string {
  const hex = digest(`${state.seed}/${next(state)}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function nextVersion(state: PracticeState): string {
  return String(next(state));
}

export function nextPodIp(state: PracticeState): string {
  return `10.244.0.${(next(state) % 250) + 2}`;
}

/** A short name part made from content, as controllers append to what they create. */
export function shortHash(content: unknown): string {
  return digest(JSON.stringify(content)).slice(0, 10);
}

/** A UID for what is derived from another object and not kept. */
export function derivedUid(parentUid: string, name: string): string {
  const hex = digest(`${parentUid}/${name}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-b${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function next(state: PracticeState): number {
  state.counter += 1;
  return state.counter;
}

function digest(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

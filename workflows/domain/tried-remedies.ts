import type { ObjectReference, Plan } from '../contracts';

/** What the remedies of one treatment have come to, so that nothing is done twice in the hope that it helps this time. */
export class TriedRemedies {
  private readonly declined = new Set<string>();
  /** Remedy → the objects that it was carried out on without making everything well. */
  private readonly carriedOut = new Map<string, Set<string>>();

  /** A person said no, and is not asked about this remedy again. */
  decline(remedy: string): void {
    this.declined.add(remedy);
  }

  /** It was carried out, and all is not well. */
  didNotSuffice({ remedy, steps }: Plan): void {
    const objects = this.carriedOut.get(remedy) ?? new Set();
    steps.forEach(({ object }) => objects.add(identityOf(object)));
    this.carriedOut.set(remedy, objects);
  }

  /** Neither declined nor carried out. */
  isNew(remedy: string): boolean {
    return !this.declined.has(remedy) && !this.carriedOut.has(remedy);
  }

  /** Carried out, and nobody has said no since: it may be the answer for objects that had no need of it then. */
  mayServeOthers(remedy: string): boolean {
    return !this.declined.has(remedy) && this.carriedOut.has(remedy);
  }

  /** Whether a plan of such a remedy is for an object that it has not been carried out on. */
  servesOthers({ remedy, steps }: Plan): boolean {
    const objects = this.carriedOut.get(remedy);
    return steps.some(({ object }) => !objects?.has(identityOf(object)));
  }

  clear(): void {
    this.declined.clear();
    this.carriedOut.clear();
  }
}

/** By name: a pod that was made anew under its old name is the one that was not helped. */
function identityOf({ kind, namespace, name }: ObjectReference): string {
  return `${kind}/${namespace}/${name}`;
}

import type { ObjectEdits } from '../../workflows/contracts';
import { Refusal, type Found } from './layout';
import { layoutOf, type Repository } from './repository';

/** What the repository says of an object now; undefined where it says nothing, or nothing that can be followed. */
export function desiredInGit(repository: Repository): (object: ObjectEdits['object']) => Promise<Found | undefined> {
  return async (object) => {
    const { base } = await repository.git.fetch();
    const tree = repository.git.tree(base);
    try {
      return await (await layoutOf(tree, repository.settings)).find(tree, object);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
}

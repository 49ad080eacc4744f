import { lookup } from 'node:dns/promises';
import { failure } from '../../workflows/contracts';
import { codeOf } from '../http-failures';
import type { NamesGateway } from './gateway';

/** What the resolver says where there is no such name, or none of the asked kind. */
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

/** The resolver of this machine or pod, search domains and all: as the programs beside it would resolve. */
export function nodeNamesGateway(): NamesGateway {
  return {
    async addresses(name) {
      try {
        return (await lookup(name, { all: true })).map(({ address }) => address);
      } catch (error) {
        if (NO_SUCH_NAME.has(codeOf(error))) return [];
        throw failure('UpstreamUnavailable', `The resolver did not answer when asked for ${name} (${codeOf(error)}); it is asked again`);
      }
    },
  };
}

// Jest's globalSetup: what tests start or load from dist/ is of the sources that are tested.
import { ensureBuilt } from '../../infra/build.mjs';

export default () => ensureBuilt();

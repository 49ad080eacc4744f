/** Where Temporal listens when nothing else is said. */
export const DEFAULT_TEMPORAL_ADDRESS = '127.0.0.1:7233';

/** To an instance of a function: one invocation. `deadline` is epoch milliseconds. */
export interface ToInstance {
  id: string;
  event: unknown;
  deadline: number;
}

/** From an instance. */
export type FromInstance = { type: 'loaded' } | { type: 'answered'; id: string; result: unknown } | { type: 'failed'; id: string; reason: string };

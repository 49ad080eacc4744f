import type { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/** The SDK's own log lines, in this process's log. */
export function temporalLogger(log: Logger): NonNullable<Parameters<typeof Runtime.install>[0]['logger']> {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: Record<string | symbol, unknown>) => log[level](meta ?? {}, message);
  const [trace, debug, info, warn, error] = (['trace', 'debug', 'info', 'warn', 'error'] as const).map(write) as [ReturnType<typeof write>, ...ReturnType<typeof write>[]];
  const byLevel = { TRACE: trace, DEBUG: debug!, INFO: info!, WARN: warn!, ERROR: error! };
  return { trace, debug: debug!, info: info!, warn: warn!, error: error!, log: (level, message, meta) => byLevel[level](message, meta) };
}

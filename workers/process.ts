import { pino, type Logger } from 'pino';
import type { ChildMessage } from './supervisor/child';

/** JSON lines to standard output, which `nightshift start` sends to a file per process; readable ones on a terminal. */
export function createLogger(name: string): Logger {
  const pretty = process.stdout.isTTY ? { transport: { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' } } } : {};
  return pino({ name, level: process.env['NIGHTSHIFT_LOG_LEVEL'] ?? 'info', redact: REDACTED, ...pretty });
}

/** Headers and fields that may hold a secret, wherever a request or a configuration is logged. */
const REDACTED = ['req.headers.authorization', 'headers.authorization', 'authorization', '*.token', '*.bearerToken', '*.password'];

/** Tells a supervisor, if there is one, that this process takes work. */
export function reportReady(): void {
  process.send?.({ ready: true } satisfies ChildMessage);
}

/** Tells a supervisor why this process cannot start, in one sentence for people. */
export function reportFailure(message: string): void {
  process.send?.({ failed: message } satisfies ChildMessage);
}

/** Why a child process ends when whoever started it was killed. */
export const SUPERVISOR_GONE = 'the supervisor is gone';

/** Calls `stop` once, when this process is asked to end or when its supervisor is gone. */
export function onStop(stop: (why: string) => void): void {
  let called = false;
  const once = (why: string) => {
    if (called) return;
    called = true;
    stop(why);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => once(signal));
  process.on('disconnect', () => once(SUPERVISOR_GONE));
  // The channel alone must not keep a process that has nothing left to do.
  process.channel?.unref();
}

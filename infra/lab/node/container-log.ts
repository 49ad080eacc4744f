import { createWriteStream, mkdirSync, rmSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { formatLine } from './log-format';

/** Logs kept per container: the current one, and those before it. */
const KEPT_RUNS = 5;

/** The log files of one container, one per run, numbered by restart count. */
export class ContainerLog {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  file(run: number): string {
    return path.join(this.folder, `${run}.log`);
  }

  /** Copies both outputs of a process, line by line with the time of arrival. @returns a promise of the last line being kept. */
  record(run: number, stdout: Readable, stderr: Readable): Promise<void> {
    rmSync(this.file(run - KEPT_RUNS), { force: true });
    const sink = createWriteStream(this.file(run), { flags: 'a' });
    return Promise.all([copyLines(stdout, 'stdout', sink), copyLines(stderr, 'stderr', sink)]).then(() => new Promise<void>((resolve) => sink.end(resolve)));
  }
}

async function copyLines(source: Readable, stream: 'stdout' | 'stderr', sink: WriteStream): Promise<void> {
  source.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of source) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() ?? '';
      const time = new Date();
      if (lines.length > 0) sink.write(lines.map((line) => formatLine(time, stream, line)).join(''));
    }
  } finally {
    if (rest !== '') sink.write(formatLine(new Date(), stream, rest));
  }
}

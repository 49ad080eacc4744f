/** Which lines of a container's log a reader wants; the names of the kubelet's own query parameters. */
export interface LogOptions {
  readonly tailLines?: number;
  readonly sinceTime?: Date;
  readonly limitBytes?: number;
  readonly timestamps?: boolean;
}

/** One line as container runtimes keep it: `<RFC 3339 time> <stream> F <text>`. */
export function formatLine(time: Date, stream: 'stdout' | 'stderr', text: string): string {
  // Runtimes write nanoseconds; readers rely on nine digits for sorting as text.
  return `${time.toISOString().replace('Z', '000000Z')} ${stream} F ${text}\n`;
}

/** Text of one kept line as `kubectl logs` shows it. */
export function renderLine(line: string, timestamps = false): string {
  const [time = '', , , ...text] = line.split(' ');
  return `${timestamps ? `${time} ` : ''}${text.join(' ')}\n`;
}

/** Selects and renders kept lines. `tailLines` counts after `sinceTime`, `limitBytes` cuts the end, as the kubelet does. */
export function renderLog(content: string, options: LogOptions): string {
  let lines = content.split('\n').filter((line) => line !== '');
  const { sinceTime, tailLines, limitBytes } = options;
  if (sinceTime) lines = lines.filter((line) => Date.parse(line.slice(0, line.indexOf(' '))) >= sinceTime.getTime());
  if (tailLines !== undefined) lines = tailLines === 0 ? [] : lines.slice(-tailLines);
  const text = lines.map((line) => renderLine(line, options.timestamps)).join('');
  return limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString();
}

/** Reads the query of `/containerLogs`. @throws RangeError naming the parameter that is no number */
export function parseLogQuery(query: URLSearchParams, now = new Date()): LogOptions & { previous: boolean; follow: boolean } {
  const number = (name: string): number | undefined => {
    const value = query.get(name);
    if (value === null) return undefined;
    if (!/^\d+$/.test(value)) throw new RangeError(`${name} must be a whole number, not "${value}"`);
    return Number(value);
  };
  const seconds = number('sinceSeconds');
  const since = seconds === undefined ? query.get('sinceTime') : new Date(now.getTime() - seconds * 1_000).toISOString();
  const tailLines = number('tailLines');
  const limitBytes = number('limitBytes');
  return {
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since ? { sinceTime: new Date(since) } : {}),
    timestamps: query.get('timestamps') === 'true',
    previous: query.get('previous') === 'true',
    follow: query.get('follow') === 'true',
  };
}

/** The Prometheus text exposition format, versions 0.0.4 and 1.0.0 (names in quotes). */
import { cut } from './redact';

export interface ExposedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export type Exposition = { samples: ExposedSample[] } | { fault: string };

const SPACES = /[ \t]*/y;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const QUOTED = /"((?:[^"\\\n]|\\.)*)"/y;
/** Value, then an optional timestamp in milliseconds (or an exemplar, in OpenMetrics). */
const REST = /[ \t]*([^ \t]+)(?:[ \t]+(-?[0-9.]+))?[ \t]*(?:#.*)?$/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)$/i;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '+inf': Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY,
};
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** Every sample, or what is wrong with the first line that is not understood: half an exposition is no exposition. */
export function parseExposition(text: string): Exposition {
  const samples: ExposedSample[] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const sample = new LineReader(line).sample();
    if (!sample) return { fault: `line ${number} is no sample: ${JSON.stringify(cut(line, 60))}` };
    samples.push(sample);
  }
  return samples.length > 0 ? { samples } : { fault: 'there is no sample in it' };
}

class LineReader {
  private at = 0;

  constructor(private readonly line: string) {}

  sample(): ExposedSample | undefined {
    const labels: Record<string, string> = {};
    let name = this.take(NAME)?.[0];
    this.take(SPACES);
    if (this.skip('{')) {
      const quotedName = this.labels(labels, name === undefined);
      if (quotedName === undefined) return undefined;
      name ??= quotedName;
    }
    const rest = this.take(REST);
    const value = rest && numberOf(rest[1]!);
    return name && value !== undefined ? { name, labels, value } : undefined;
  }

  /** Reads up to the closing brace. Answers the metric's name where it stands in quotes among the labels, else ''. */
  private labels(labels: Record<string, string>, nameExpected: boolean): string | undefined {
    let metric = '';
    for (;;) {
      this.take(SPACES);
      if (this.skip('}')) return nameExpected && metric === '' ? undefined : metric;
      const key = this.take(NAME)?.[0] ?? this.quoted();
      if (key === undefined) return undefined;
      this.take(SPACES);
      if (this.skip('=')) {
        this.take(SPACES);
        const value = this.quoted();
        if (value === undefined) return undefined;
        labels[key] = value;
      } else if (nameExpected && metric === '') {
        metric = key;
      } else {
        return undefined;
      }
      this.take(SPACES);
      if (!this.skip(',') && this.line[this.at] !== '}') return undefined;
    }
  }

  private quoted(): string | undefined {
    return this.take(QUOTED)?.[1]?.replace(/\\(.)/g, (whole, letter: string) => ESCAPED[letter] ?? whole);
  }

  private skip(character: string): boolean {
    if (this.line[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.line);
    if (!match) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }
}

function numberOf(text: string): number | undefined {
  const special = SPECIAL[text.toLowerCase()];
  if (special !== undefined) return special;
  return NUMBER.test(text) ? Number(text) : undefined;
}

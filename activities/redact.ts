/**
 * Takes secrets out of text that leaves a gateway: log lines, upstream messages. What a pattern cannot know (the
 * credentials of this very call) is given as `known`.
 */
const SECRETS: ReadonlyArray<{ pattern: RegExp; replacement: string }> = [
  // scheme://user:password@host
  { pattern: /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, replacement: '$1***@' },
  { pattern: /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, replacement: '$1 ***' },
  // JSON Web Tokens, wherever they stand.
  { pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g, replacement: '***' },
  { pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, replacement: '***' },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, replacement: '***' },
  // key=value, "key": "value", ?key=value&…; the key's name says that it is a secret.
  {
    pattern:
      /((?:pass(?:word|wd|phrase)?|secret(?:[_-]?(?:access)?[_-]?key)?|(?:access|api|auth|refresh|id)[_-]?(?:key|token)|access[_-]?key[_-]?id|token|authorization|x-amz-(?:signature|credential|security-token)|signature|client[_-]?secret|credentials?)["']?[ \t]*[:=][ \t]*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"']+)/gi,
    replacement: '$1***',
  },
];

export function redact(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) if (secret.length > 3) clean = clean.replaceAll(secret, '***');
  for (const { pattern, replacement } of SECRETS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Escape sequences that colour or steer a terminal (CSI, OSC), then every other control and bidirectional character. */
// eslint-disable-next-line no-control-regex -- finding control characters is what this is for
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)?|\u001b./g;
// eslint-disable-next-line no-control-regex -- as above
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** A hostile line is not searched for secrets beyond this: what is shown is far shorter. */
const LONGEST_LINE = 8_192;

/**
 * Makes one line of hostile text fit to be shown: no escape sequences, no control characters, no secrets, at most
 * `length` characters.
 */
export function plainLine(text: string, length: number, known: readonly string[] = []): string {
  return cut(redact(text.slice(0, LONGEST_LINE).replace(ESCAPES, '').replace(CONTROLS, ' '), known).trim(), length);
}

export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** Redacts every text inside a JSON value; a field whose name says that it is a secret loses its whole text. */
export function redactJson<Value>(value: Value, name?: string): Value;
export function redactJson(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    const named = redact(`${name}=${JSON.stringify(value)}`);
    return named === `${name}=***` ? '***' : redact(value);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => redactJson(item));
  if (typeof value !== 'object' || value === null) return value;
  // An environment variable's value stands under "value"; what says that it is a secret is the name beside it.
  const variable: unknown = 'name' in value && 'value' in value ? value.name : undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactJson(inner as unknown, key === 'value' && typeof variable === 'string' ? variable : key)]));
}

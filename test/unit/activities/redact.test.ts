import { plainLine, redact } from '../../../activities/redact';
import { growthOfTime } from '../../support/growth';

describe('redaction', () => {
  it.each([
    'http://user:hunter2secret@host/path', 'Authorization: Bearer hunter2secret', 'authorization="Basic hunter2secret"', 'password=hunter2secret next',
    '{"password":"hunter2secret"}', 'secret_key: hunter2secret', 'X-Amz-Signature=hunter2secret&x=1', "api_key='hunter2secret'", 'aws_secret_access_key = hunter2secret',
    'client_secret: "hunter2\\"hunter2secret"', '?token=hunter2secret&a=b', 'credentials: hunter2secret', '-----BEGIN RSA PRIVATE KEY-----\nhunter2secret\n-----END RSA PRIVATE KEY-----',
  ])('hides the secret in %j', (text) => {
    expect(redact(text)).not.toContain('hunter2secret');
    expect(redact(text)).toContain('***');
  });

  it('hides web tokens, access keys and what it is told', () => {
    expect(redact('got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_ here')).toBe('got *** here');
    expect(redact('AKIAABCDEFGHIJKLMNOP')).toBe('***');
    expect(redact('it is sw0rdfish!', ['sw0rdfish'])).toBe('it is ***!');
  });

  it.each(['connection refused', 'level=ERROR msg="Failed to send batch, retrying" url=http://thanos-receive-lb:19291/api/v1/receive', 'the token bucket is empty', 'authorization:\n  credentials_file: /etc/token', 'password_file: /etc/password', 'scrape_interval: 15s'])('leaves %j alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('makes one harmless line of hostile text', () => {
    const hostile = '\u001b[31mred\u001b[0m \u001b]0;title\u0007 a\u0000b\r\nc\u202eevil\u2066 \u009b2J end';
    const line = plainLine(hostile, 300);
    // eslint-disable-next-line no-control-regex -- that there are none left is the point
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u2066]/);
    expect(line).toContain('red');
  });

  it('cuts', () => {
    expect(plainLine('x'.repeat(1_000_000), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('is not slowed down by hostile repetition', () => {
    for (const evil of ['password=', 'token: "\\', 'eyJ', 'a://', '\u001b[']) expect(growthOfTime((times) => plainLine(evil.repeat(times), 300), 5_000)).toBeLessThan(30);
  });
});

/** Text that strangers write (labels, annotations, log lines, notes), at the places where it would mean something. */
import { code, escape, table } from '../../../activities/records/postmortem/markdown';
import { plainLine } from '../../../activities/redact';
import { oneLine, safe } from '../../../workers/cli/terminal';
import { readAlertmanagerBody } from '../../../workers/gateway/alertmanager-body';
import { escaped } from '../../../workers/gateway/html';

const SECRET = 'hunter2secret';
const alertWith = (change: object) => ({ version: '4', alerts: [{ status: 'firing', labels: { alertname: 'X' }, annotations: {}, startsAt: '2026-01-01T00:00:00Z', ...change }] });

test.each<[string, object]>([
  ['a bearer token in an annotation', { annotations: { description: `curl -H "Authorization: Bearer ${SECRET}"` } }],
  ['a password in a summary', { annotations: { summary: `login with password=${SECRET}` } }],
  ['a label whose name says it', { labels: { alertname: 'X', api_key: SECRET } }],
  ['userinfo in a URL label', { labels: { alertname: 'X', url: `https://admin:${SECRET}@grafana.example/` } }],
  ['a signed generator URL', { generatorURL: `https://s3.example/x?X-Amz-Signature=${SECRET}` }],
  ['an alert that cannot be read', { startsAt: 'never', annotations: { token: SECRET } }],
])('%s stays outside', (_name, change) => {
  const read = readAlertmanagerBody(alertWith(change));
  expect(JSON.stringify(read)).not.toContain(SECRET);
  expect(JSON.stringify(read)).toContain('***');
});

test('ordinary alerts are taken word for word', () => {
  const labels = { alertname: 'RemoteWriteLagging', pod: 'thanos-receive-1', namespace: 'monitoring' };
  const annotations = { summary: 'remote write lags by 42 s', runbook_url: 'https://wiki.example/remote-write?page=2' };
  expect(readAlertmanagerBody(alertWith({ labels, annotations })).alerts[0]).toMatchObject({ labels, annotations });
});

const HOSTILE = ['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', "' onmouseover='alert(1)"];
test.each(HOSTILE)('HTML %j is shown, not run', (text) => {
  expect(escaped(text)).not.toMatch(/[<>"']/);
});

test.each(['[click](javascript:alert(1))', '![x](http://evil.example/pixel)', '<script>alert(1)</script>', '| a | b |', '# Heading', '1. item', '- item', '`code`', '**bold**', 'https://evil.example', '&#60;b&#62;'])('Markdown %j formats nothing', (text) => {
  const inert = escape(text);
  expect(inert).not.toMatch(/(?<!\\)[`*[\]<>|]/);
  expect(inert).not.toMatch(/^([#+-]|\d+[.)])/);
  expect(inert).not.toContain('://');
  expect(inert).not.toMatch(/&#?\w+;/.test(text) ? /&#/ : /$^/);
});

test('a cell cannot begin another, nor a code span end early', () => {
  const rows = table(['a'], [['x\n| evil |']]).split('\n').filter((line) => line.startsWith('|'));
  expect(rows).toHaveLength(3);
  expect(code('a`` b')).toMatch(/^``` .* ```$/);
});

test.each(['\u001b[2Jgone', '\u001b]0;title\u0007', '\u001b]8;;http://evil.example\u0007link', 'a\rb', '\u009b31m', '\u202egpj.exe', 'x\u0008\u0008y'])('terminal escapes %j reach neither terminal nor evidence', (text) => {
  // eslint-disable-next-line no-control-regex -- these are what must be gone
  const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
  expect(safe(text)).not.toMatch(steering);
  expect(oneLine(text)).not.toMatch(steering);
  expect(plainLine(text, 100)).not.toMatch(steering);
});

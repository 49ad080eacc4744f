import { parseExposition } from '../../../activities/exposition';
import { growthOfTime } from '../../support/growth';

const parse = (text: string) => {
  const parsed = parseExposition(text);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed.samples;
};

describe('the text exposition format', () => {
  it.each([
    ['up 1', { name: 'up', labels: {}, value: 1 }],
    ['up{} 1', { name: 'up', labels: {}, value: 1 }],
    ['a:b_c{x="1",y="2",} 3.5 1700000000000', { name: 'a:b_c', labels: { x: '1', y: '2' }, value: 3.5 }],
    ['  up { x = "1" , y="2" }   1e3', { name: 'up', labels: { x: '1', y: '2' }, value: 1000 }],
    [String.raw`m{path="C:\\dir",say="\"hi\"",two="a\nb",odd="\t"} 1`, { name: 'm', labels: { path: 'C:\\dir', say: '"hi"', two: 'a\nb', odd: '\\t' }, value: 1 }],
    ['m{x="a}b,c=\\"d\\" # no comment"} 1', { name: 'm', labels: { x: 'a}b,c="d" # no comment' }, value: 1 }],
    ['{"my.dotted.metric",x="1"} 2', { name: 'my.dotted.metric', labels: { x: '1' }, value: 2 }],
    ['m{"dotted.label"="1"} 2', { name: 'm', labels: { 'dotted.label': '1' }, value: 2 }],
    ['m{x="한글"} 1', { name: 'm', labels: { x: '한글' }, value: 1 }],
    ['m +Inf', { name: 'm', labels: {}, value: Infinity }],
    ['m -Inf', { name: 'm', labels: {}, value: -Infinity }],
    ['m Inf', { name: 'm', labels: {}, value: Infinity }],
    ['m NaN', { name: 'm', labels: {}, value: NaN }],
    ['m -0.5', { name: 'm', labels: {}, value: -0.5 }],
    ['m .5', { name: 'm', labels: {}, value: 0.5 }],
    ['m_bucket{le="1"} 5 # {trace_id="x"} 0.67', { name: 'm_bucket', labels: { le: '1' }, value: 5 }],
  ])('reads %s', (line, sample) => {
    expect(parse(`${line}\n`)).toEqual([sample]);
  });

  it('passes over comments, empty lines and carriage returns', () => {
    expect(parse('# HELP up x\r\n# TYPE up gauge\r\n\r\nup 1\r\n# EOF\r\n')).toHaveLength(1);
  });

  it.each(['<html>', 'up', 'up one', 'up 1 x', 'up{x=1} 1', 'up{x="1} 1', 'up{x="1" y="2"} 1', '{x="1"} 1', '1up 1', 'up{"a","b"} 1', 'up 0x1g', 'up 1_0', ''])('says that %j is no exposition, and where', (text) => {
    const parsed = parseExposition(`good 1\n${text}\n`);
    expect(text === '' ? parseExposition('') : parsed).toHaveProperty('fault');
    if (text !== '') expect(parsed).toHaveProperty('fault', expect.stringContaining('line 2'));
  });

  it('reads a large exposition in time that grows with its size', () => {
    const line = 'http_request_duration_seconds_bucket{handler="receive",le="0.5",instance="10.244.0.1:10902"} 12345\n';
    expect(parse(line.repeat(20_000))).toHaveLength(20_000);
    expect(growthOfTime((lines) => parse(line.repeat(lines)), 2_000)).toBeLessThan(30);
  });
});

import { clockTime, columnsOf, localeOf, moment, oneLine, safe, span, wrap } from '../../../workers/cli/terminal';

describe('what comes from outside cannot steer the terminal', () => {
  test.each([
    ['colours', '\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['a title bar', '\u001b]0;owned\u0007', ']0;owned'],
    ['a rewritten line', 'approved\rrejected', 'approvedrejected'],
    ['one-byte controls', 'a\u009bb\u0000c', 'abc'],
    ['reversed text', 'safe\u202eesrever\u202c', 'safeesrever'],
    ['line breaks and tabs stay', 'a\n\tb', 'a\n\tb'],
    ['Korean stays', '근본 원인', '근본 원인'],
  ])('%s', (_, text, printed) => {
    expect(safe(text)).toBe(printed);
  });

  test('on one line, white space is one space', () => {
    expect(oneLine(' a\n\n  b\t')).toBe('a b');
  });
});

describe('lines', () => {
  test('break at spaces; a long word stays whole', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij kl', 5)).toEqual(['abcdefghij', 'kl']);
    expect(wrap('', 5)).toEqual([]);
  });

  test('Hangul takes two columns', () => {
    expect(columnsOf('장애 ok')).toBe(7);
    expect(wrap('장애 진단 복구', 9)).toEqual(['장애 진단', '복구']);
  });
});

describe('times', () => {
  test.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_200_000, '2 h'],
    [3 * 86_400_000, '3 d'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(span(milliseconds)).toBe(text);
  });

  test('say how long ago, or how soon, and the date when it was not today', () => {
    const now = Date.parse('2026-11-22T03:10:00.000Z');
    expect(moment('2026-11-22T03:08:00.000Z', now)).toBe('03:08:00 UTC (2 min ago)');
    expect(moment('2026-11-22T04:10:00.000Z', now)).toBe('04:10:00 UTC (in 1 h)');
    expect(moment('2026-11-21T03:10:00.000Z', now)).toBe('2026-11-21 03:10:00 UTC (1 d ago)');
    expect(clockTime('2026-11-22T12:10:00+09:00')).toBe('03:10:00 UTC');
  });

  test('that nobody can read are shown as they are', () => {
    expect([moment('ne\u001bver'), clockTime('ne\u001bver')]).toEqual(['never', 'never']);
  });
});

test('the language is the one asked for, else the terminal\'s', () => {
  expect(localeOf({ LANG: 'ko_KR.UTF-8' })).toBe('ko');
  expect(localeOf({ LANG: 'ko_KR.UTF-8', NIGHTSHIFT_LOCALE: 'en' })).toBe('en');
  expect(localeOf({})).toBe('en');
});

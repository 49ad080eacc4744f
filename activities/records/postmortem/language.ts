import type { Locale, Text } from '../../../workflows/contracts';
import { code, escape } from './markdown';

/** Says things in one language. */
export interface Speaker {
  locale: Locale;
  /** Our own words, as Markdown. */
  say(en: string, ko: string): string;
  /** Text that may hold names from outside: escaped. */
  text(text: Text): string;
  /** `22 November 2026, 18:03:12 UTC`. */
  moment(at: string): string;
  /** `18:03:12`. */
  time(at: string): string;
  /** `4 min 12 s`. */
  duration(milliseconds: number): string;
  percent(ratio: number): string;
  /** What a rule saw: "receiverPods.ready is 1", "query did not answer". The name of the field becomes code. */
  phrase(seen: string): string;
  unknown: string;
}

export function speaker(locale: Locale): Speaker {
  const say = (en: string, ko: string) => (locale === 'ko' ? ko : en);
  return {
    locale,
    say,
    text: (text) => escape(text[locale]),
    moment: (at) => `${date(at, locale)} ${clock(at)} UTC`,
    time: clock,
    duration: (milliseconds) => duration(milliseconds, say),
    phrase: (seen) => phrase(seen, say),
    percent: (ratio) => `${(ratio * 100).toFixed(1)} %`,
    unknown: say('unknown', '알 수 없음'),
  };
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

function date(at: string, locale: Locale): string {
  const day = new Date(at);
  const [year, month, number] = [day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()];
  return locale === 'ko' ? `${year}년 ${month + 1}월 ${number}일` : `${number} ${MONTHS[month]} ${year},`;
}

function clock(at: string): string {
  return new Date(at).toISOString().slice(11, 19);
}

function duration(milliseconds: number, say: Speaker['say']): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds === 0) return say('less than 1 s', '1초 미만');
  const parts: Array<[number, string, string]> = [
    [Math.floor(seconds / 86_400), 'd', '일'],
    [Math.floor(seconds / 3_600) % 24, 'h', '시간'],
    [Math.floor(seconds / 60) % 60, 'min', '분'],
    [seconds % 60, 's', '초'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  // Two units are exact enough for people: nobody needs the seconds of an hour.
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0);
  return shown.map(([amount, en, ko]) => say(`${amount} ${en}`, `${amount}${ko}`)).join(' ');
}

/** The forms that the rules of `workflows/domain/conditions.ts` give to what they saw; anything else is text. */
function phrase(seen: string, say: Speaker['say']): string {
  const [, silent] = /^([\w-]+) did not answer$/.exec(seen) ?? [];
  if (silent) return say(`${code(silent)} did not answer`, `${code(silent)} 응답 없음`);
  const [, mute, about] = /^([\w-]+) says nothing about (\w+)$/.exec(seen) ?? [];
  if (mute && about) return say(`${code(mute)} says nothing about ${code(about)}`, `${code(mute)}에 ${code(about)} 값이 없음`);
  const [, field, value] = /^((?:[\w-]+\.)?\w+) is (.*)$/s.exec(seen) ?? [];
  return field && value !== undefined ? say(`${code(field)} is ${escape(value)}`, `${code(field)} = ${escape(valueInKorean(value))}`) : escape(seen);
}

function valueInKorean(value: string): string {
  if (value === 'empty') return '비어 있음';
  return value === 'not known' ? '알 수 없음' : value;
}

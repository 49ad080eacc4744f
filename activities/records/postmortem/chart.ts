import type { SeriesOption } from 'echarts';
import { escapeHtml } from './html';

/** One measure over the time of an incident, ready to be drawn. Words are plain text in the reader's language. */
export interface Chart {
  /** Name of the file and beginning of IDs: letters, digits, hyphens. */
  id: string;
  title: string;
  /** For those who do not see it: what the points say, in a sentence. */
  description: string;
  /** A course is a line that is broken where a value is null; looks are points between which nothing is known. */
  kind: 'course' | 'looks';
  points: ReadonlyArray<{ at: string; value: number | null }>;
  /** Such as ` %` behind the numbers of the scale. */
  unit: string;
  /** The most that there can be, where there is such a thing. */
  max?: number;
  phases: ReadonlyArray<{ from: string; to: string; name: string }>;
  changes: readonly string[];
  changeName: string;
}

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 24;

/**
 * Colours that the library draws with, and the variables that stand for them afterwards: so that one drawing follows the
 * page's light and dark. Each is unlike any other colour in the drawing.
 */
const INK = { text: '#010101', quiet: '#020202', line: '#030303', series: '#040404', change: '#050505', bandA: '#060606', bandB: '#070707' } as const;
const VARIABLES: Record<keyof typeof INK, string> = { text: '--text', quiet: '--quiet', line: '--line', series: '--series-1', change: '--series-2', bandA: '--band-a', bandB: '--band-b' };

/** An SVG of the chart, without a DOM; it has a title and a description, and its colours are the page's variables. */
export function chartSvg(chart: Chart): string {
  // Loading takes a quarter of a second: only where something is drawn.
  const echarts = require('echarts') as typeof import('echarts');
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    drawing.setOption({
      animation: false,
      backgroundColor: 'transparent',
      textStyle: { fontFamily: 'system-ui, sans-serif' },
      grid: { left: LEFT, right: RIGHT, top: 44, bottom: 36 },
      xAxis: { type: 'time', splitNumber: 5, min: start(chart), max: end(chart), axisLine: { lineStyle: { color: INK.quiet } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { color: INK.quiet, hideOverlap: true, formatter: (value: number) => new Date(value).toISOString().slice(11, 19) } },
      yAxis: { type: 'value', min: 0, ...(chart.max !== undefined && { max: chart.max, interval: chart.max / 4 }), minInterval: 1, splitNumber: 4, splitLine: { lineStyle: { color: INK.line } }, axisLabel: { color: INK.quiet, formatter: `{value}${chart.unit}` } },
      series: [seriesOf(chart)],
    });
    return dressed(drawing.renderToSVGString(), chart);
  } finally {
    drawing.dispose();
  }
}

/** The same as a file of its own, which brings the colours along. */
export function standalone(svg: string): string {
  const light = '--text:#1c2024;--quiet:#5b6470;--line:#d5d9de;--series-1:#0b5cad;--series-2:#b45309;--band-a:#0b5cad14;--band-b:#0b5cad2b';
  const dark = '--text:#e6e9ec;--quiet:#a2abb5;--line:#363d45;--series-1:#7ab7ff;--series-2:#f2b36b;--band-a:#7ab7ff14;--band-b:#7ab7ff2e';
  return svg.replace('>', `><style>svg{${light}}@media(prefers-color-scheme:dark){svg{${dark}}}</style>`);
}

function seriesOf(chart: Chart): SeriesOption {
  const { kind, points, phases, changes, changeName } = chart;
  const labels = phaseLabels(chart);
  return {
    type: 'line',
    silent: true,
    data: points.map(({ at, value }, index) => ({ value: [Date.parse(at), value ?? '-'], symbol: kind === 'looks' || isAlone(points, index) ? 'circle' : 'none' })),
    symbolSize: kind === 'looks' ? 7 : 4,
    // Dotted: between two looks nothing was seen.
    lineStyle: { color: INK.series, width: 2, type: kind === 'looks' ? 'dotted' : 'solid' },
    itemStyle: { color: INK.series },
    markLine: { silent: true, symbol: 'none', label: { show: true, position: 'insideEndTop', color: INK.change, formatter: changeName }, lineStyle: { color: INK.change, type: 'dashed', width: 1.5 }, data: changes.map((at) => ({ xAxis: Date.parse(at) })) },
    markArea: {
      silent: true,
      data: phases.map(({ from, to, name }, index) => [
        { name, xAxis: Date.parse(from), itemStyle: { color: index % 2 === 0 ? INK.bandA : INK.bandB }, label: { ...labels[index], color: INK.text, fontSize: LABEL_SIZE } },
        { xAxis: Date.parse(to) },
      ]),
    },
  };
}

const LABEL_SIZE = 11;
/** Two rows above the drawing, in pixels from its top. */
const LABEL_ROWS = [-16, -32];
const BETWEEN_LABELS = 8;

type PhaseLabel = { show: false } | { position: [string, number]; align: 'left' | 'right' };

/** Each over the beginning of its band, or before its end where it would leave the drawing; none where it would cover another. */
function phaseLabels(chart: Chart): PhaseLabel[] {
  const width = WIDTH - LEFT - RIGHT;
  const [from, to] = [start(chart), end(chart)];
  const place = (at: string) => (width * (Date.parse(at) - from)) / Math.max(1, to - from);
  const taken = LABEL_ROWS.map(() => -Infinity);
  return chart.phases.map((phase) => {
    const long = lengthOf(phase.name);
    const fits = place(phase.from) + long <= width;
    const left = fits ? place(phase.from) : place(phase.to) - long;
    const row = taken.findIndex((until) => until <= left);
    if (row === -1) return { show: false };
    taken[row] = left + long + BETWEEN_LABELS;
    return { position: [fits ? '0%' : '100%', LABEL_ROWS[row]!], align: fits ? 'left' : 'right' };
  });
}

/** In pixels, roughly: a Korean syllable is as wide as the letters are high, a Latin letter a good half of that. */
function lengthOf(text: string): number {
  return Array.from(text).reduce((sum, letter) => sum + LABEL_SIZE * (letter > '\u2fff' ? 1 : 0.6), 0);
}

/** Between two gaps there is no line that would show it. */
function isAlone(points: Chart['points'], index: number): boolean {
  return (points[index - 1]?.value ?? null) === null && (points[index + 1]?.value ?? null) === null;
}

function start({ points, phases }: Chart): number {
  return Math.min(...points.map(({ at }) => Date.parse(at)), ...phases.map(({ from }) => Date.parse(from)));
}

function end({ points, phases }: Chart): number {
  return Math.max(...points.map(({ at }) => Date.parse(at)), ...phases.map(({ to }) => Date.parse(to)));
}

function dressed(svg: string, { id, title, description }: Chart): string {
  let dress = svg.replace(/<style[^>]*>[\s\S]*?<\/style>/g, '').replace(/ class="[^"]*"/g, '').replace(/ xmlns:xlink="[^"]*"/, '').replace(/ baseProfile="[^"]*"/, '');
  // IDs count the drawings of the process: they would differ each time, and meet on a page.
  dress = dress.replace(/\bzr\d+-/g, `${id}-`);
  for (const name of Object.keys(INK) as Array<keyof typeof INK>) dress = dress.replaceAll(INK[name], `var(${VARIABLES[name]})`);
  const opening = `<svg role="img" aria-labelledby="${id}-title ${id}-desc"`;
  return dress.replace('<svg', opening).replace('>', `><title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-desc">${escapeHtml(description)}</desc>`).trim();
}

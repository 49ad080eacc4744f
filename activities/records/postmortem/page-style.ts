/**
 * How the page looks. Colours are variables, so that charts follow light and dark, too; contrast is at least 4.5 : 1 for
 * text on either ground. Narrow screens turn wide tables into cards; paper gets black on white, and sections that hold together.
 */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1c2024; --quiet: #5b6470; --line: #d5d9de; --soft: #f3f5f7; --accent: #0b5cad; --good: #14703a; --bad: #b3261e;
  --series-1: #0b5cad; --series-2: #b45309; --series-3: #14703a; --band-a: #0b5cad14; --band-b: #0b5cad2b; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e6e9ec; --quiet: #a2abb5; --line: #363d45; --soft: #1e2328; --accent: #7ab7ff; --good: #6fd08c; --bad: #ff9d94;
  --series-1: #7ab7ff; --series-2: #f2b36b; --series-3: #6fd08c; --band-a: #7ab7ff14; --band-b: #7ab7ff2e; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem; background: var(--ground); color: var(--text); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans KR", "Noto Sans CJK KR", sans-serif; overflow-wrap: break-word; }
:lang(ko) { word-break: keep-all; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .6rem 0 1.2rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .8rem; padding-top: .8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .5rem; }
h1 + section h2 { border-top: 0; padding-top: 0; margin-top: 0; }
#summary p:first-of-type { font-size: 1.1rem; }
a { color: var(--accent); }
.skip { position: absolute; left: -9999px; }
.skip:focus { position: static; }
.badge { display: inline-block; padding: .05rem .6rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .85rem; color: var(--quiet); max-width: 100%; }
.badge.good { color: var(--good); border-color: currentColor; font-weight: 600; }
.badge.bad { color: var(--bad); border-color: currentColor; font-weight: 600; }
nav { margin: .8rem 0 0; }
nav summary { cursor: pointer; color: var(--quiet); }
nav ol { columns: 16rem; margin: .4rem 0; }
main { display: flow-root; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; font-size: .94rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); min-width: 5.2rem; overflow-wrap: break-word; }
td:last-child, td code { overflow-wrap: anywhere; }
th { font-size: .82rem; color: var(--quiet); font-weight: 600; }
.columns2 td:first-child { width: 32%; color: var(--quiet); }
.columns3 td:first-child { width: 28%; }
#timeline td:nth-child(-n + 2) { width: 1%; color: var(--quiet); }
#timeline td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: .88em/1.45 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; background: var(--soft); padding: .08em .3em; border-radius: .25rem; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .7rem .9rem; overflow-x: auto; }
pre code { background: none; padding: 0; white-space: pre-wrap; }
ins { color: var(--good); text-decoration: none; }
del { color: var(--bad); text-decoration: none; }
ul, ol { padding-left: 1.3rem; }
li:has(> .box), li:has(> p > .box) { list-style: none; margin-left: -1.2rem; }
.chart { display: block; margin: .4rem 0 1.2rem; break-inside: avoid; }
.chart .caption { font-weight: 600; }
.chart svg { display: block; width: 100%; height: auto; }
blockquote { margin: .8rem 0; padding: .1rem 1rem; border-left: 3px solid var(--accent); color: var(--quiet); }
footer { margin-top: 3rem; color: var(--quiet); font-size: .85rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 40rem) {
  body { font-size: 15px; }
  .chart { overflow-x: auto; }
  .chart svg { min-width: 32rem; }
  .columns2 td:first-child { width: 38%; }
  :is(.columns3, .columns4), :is(.columns3, .columns4) :is(tbody, tr, td) { display: block; }
  :is(.columns3, .columns4) thead { position: absolute; left: -9999px; }
  :is(.columns3, .columns4) tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  :is(.columns3, .columns4) td { border: 0; padding: .05rem 0; width: auto; overflow-wrap: anywhere; }
  :is(.columns3, .columns4) td:not(:first-child)::before { content: attr(data-label) ": "; color: var(--quiet); }
  :is(.columns3, .columns4) td:first-child { width: auto; font-weight: 600; }
  #timeline td { display: inline-block; min-width: 0; padding-right: .4rem; }
  #timeline td:nth-child(-n + 2) { width: auto; }
  #timeline td:first-child { font-weight: 400; }
  #timeline td:last-child { display: block; }
  #timeline td:nth-child(2)::before { content: "· "; }
  #timeline td:last-child::before { content: ""; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --text: #000; --quiet: #444; --line: #bbb; --soft: #f6f6f6; --accent: #003b7a; --good: #0d5a2d; --bad: #8c1d18;
    --series-1: #0b5cad; --series-2: #b45309; --series-3: #14703a; --band-a: #0b5cad14; --band-b: #0b5cad2b; }
  @page { margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, .skip { display: none; }
  h2, h3 { break-after: avoid; }
  tr, figure, li { break-inside: avoid; }
  thead { display: table-header-group; }
  pre { overflow: visible; }
}
`;

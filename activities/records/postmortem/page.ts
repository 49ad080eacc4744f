import { Marked, type Tokens } from 'marked';
import type { IncidentRecord } from '../../../workflows/contracts';
import { speaker } from './language';
import { MARK } from './edits';
import { escapeHtml } from './html';
import { oneLine } from './markdown';
import { PAGE_STYLE } from './page-style';
import { postmortemTitle } from './sections';
import { OUTCOME } from './words';

/**
 * The postmortem as one HTML page that needs nothing else: no script, nothing loaded, readable in the dark, on a phone and
 * on paper. Made from the Markdown, so that both say the same; what is HTML in there is shown as text.
 * @param charts SVG by the file name under which the Markdown shows it
 */
export function renderPostmortemPage(record: IncidentRecord, sections: readonly PageSection[], charts: ReadonlyMap<string, string> = new Map()): string {
  const { say } = speaker(record.locale);
  const title = `${say('Postmortem', '사후 검토')} ${record.incident.publicId}`;
  const html = markdownReader(charts);
  const contents = sections.map(({ id, heading }) => `<li><a href="#${id}">${escapeHtml(heading)}</a></li>`).join('');
  const body = sections.map(({ id, heading, content }) => `<section id="${id}" aria-labelledby="${id}-heading">\n<h2 id="${id}-heading">${escapeHtml(heading)}</h2>\n${html(content)}</section>\n`).join('');
  return `<!doctype html>
<html lang="${record.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#content">${say('Skip to the content', '본문으로 건너뛰기')}</a>
<header>${badges(record)}</header>
<nav aria-label="${say('Sections', '목차')}"><details><summary>${say('Sections', '목차')}</summary><ol>${contents}</ol></details></nav>
<main id="content">
${html(`# ${postmortemTitle(record)}`)}${body}</main>
<footer>${say('Written by Nightshift from the history of the incident.', 'Nightshift가 장애 처리 이력에서 작성했습니다.')}</footer>
</body>
</html>
`;
}

function badges({ incident, locale }: IncidentRecord): string {
  const { say } = speaker(locale);
  const outcome = incident.outcome ? OUTCOME[incident.outcome][locale] : say('still open', '진행 중');
  const healthy = incident.recoveredAt !== undefined;
  const all = [
    `<span class="badge ${healthy ? 'good' : 'bad'}">${escapeHtml(outcome)}</span>`,
    `<span class="badge">${escapeHtml(oneLine(incident.severity))}</span>`,
    `<span class="badge">${escapeHtml(oneLine(incident.cluster))}</span>`,
    ...(incident.practice ? [`<span class="badge">${say('practice', '연습')}</span>`] : []),
  ];
  return all.join(' ');
}

interface PageSection {
  id: string;
  heading: string;
  /** Markdown. */
  content: string;
}

/** Markdown → HTML. Nothing that the text brings along can load, link or run: HTML is text, links are words unless a person's. */
function markdownReader(charts: ReadonlyMap<string, string>): (markdown: string) => string {
  const marked = new Marked({
    gfm: true,
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => (text.trim() === MARK ? '' : escapeHtml(text)),
      link({ href, tokens }: Tokens.Link) {
        const words = this.parser.parseInline(tokens);
        return /^https?:\/\//i.test(href) ? `<a href="${escapeHtml(href)}" rel="noopener noreferrer">${words}</a>` : words;
      },
      image({ href, text }: Tokens.Image) {
        const svg = charts.get(href);
        return svg === undefined ? escapeHtml(text) : `<span class="chart"><span class="caption" aria-hidden="true">${escapeHtml(text.split(':')[0] ?? '')}</span>${svg}</span>`;
      },
      code: ({ text, lang }: Tokens.Code) => `<pre tabindex="0"><code>${lang === 'diff' ? diffHtml(text) : escapeHtml(text)}</code></pre>\n`,
      table(token: Tokens.Table) {
        const cell = (tag: string, { tokens }: Tokens.TableCell) => `<${tag}>${this.parser.parseInline(tokens)}</${tag.split(' ')[0]}>`;
        const head = token.header.map((header) => cell('th scope="col"', header)).join('');
        const rows = token.rows.map((row) => `<tr>${row.map((each, index) => cell(`td data-label="${escapeHtml(token.header[index]?.text ?? '')}"`, each)).join('')}</tr>`);
        return `<table class="columns${Math.min(token.header.length, MOST_COLUMNS)}"><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>\n`;
      },
      checkbox: ({ checked }: Tokens.Checkbox) => `<span class="box" aria-hidden="true">${checked ? '☑' : '☐'}</span> `,
    },
  });
  return (markdown) => marked.parse(markdown, { async: false });
}

/** Wider tables look like this many; the style knows no more. */
const MOST_COLUMNS = 4;

/** Colour helps; the sign at the beginning of the line says the same without. */
function diffHtml(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const tag = line.startsWith('+') ? 'ins' : line.startsWith('-') ? 'del' : undefined;
      return tag ? `<${tag}>${escapeHtml(line)}</${tag}>` : escapeHtml(line);
    })
    .join('\n');
}

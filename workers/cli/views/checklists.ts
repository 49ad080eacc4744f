import pc from 'picocolors';
import type { Checklist, ChecklistLine, Evidence, Text } from '../../../workflows/contracts';
import { oneLine, terminalWidth, wrap, type Say } from '../terminal';
import { item } from './layout';

const MARK = { ok: pc.green('✓'), 'look-here': pc.red('!'), 'not-answered': pc.yellow('?'), 'not-applicable': pc.dim('–') } as const satisfies Record<ChecklistLine['verdict'], string>;

export const VERDICT_TEXT = {
  ok: { en: 'ok', ko: '정상' },
  'look-here': { en: 'look here', ko: '확인 필요' },
  'not-answered': { en: 'not answered', ko: '응답 없음' },
  'not-applicable': { en: 'not applicable', ko: '해당 없음' },
} as const satisfies Record<ChecklistLine['verdict'], Text>;

/**
 * The evidence as the handbook's checklists go through it: each line with its verdict and why. Below a line that is not ok
 * the first rows of what the probes saw.
 * @param most rows that are shown of one table
 */
export function checklistLines(checklists: readonly Checklist[], evidence: readonly Evidence[], say: Say, most: number): string[] {
  return checklists.flatMap(({ title, lines }) => [pc.bold(say(title)), ...lines.flatMap((line) => lineOf(line, evidence, say, most))]);
}

function lineOf(line: ChecklistLine, evidence: readonly Evidence[], say: Say, most: number): string[] {
  const { title, verdict, because, probes } = line;
  const head = item(MARK[verdict], `${say(title)}: ${say(VERDICT_TEXT[verdict])}. ${because.map(oneLine).join(' ')}`);
  if (verdict === 'ok' || verdict === 'not-applicable') return head;
  return [...head, ...evidence.filter(({ probe }) => probes.includes(probe)).flatMap(({ table }) => (table ? rowsOf(table.rows, most) : []))];
}

const INDENT = ' '.repeat(14);

/** Cells side by side, on as many lines as they need: what an error says stands at its end. */
function rowsOf(rows: readonly string[][], most: number): string[] {
  const width = terminalWidth() - INDENT.length;
  const lines = rows.slice(0, most).flatMap((cells) => wrap(cells.map(oneLine).filter(Boolean).join(' · '), width - 2).map((text, index) => `${INDENT}${index === 0 ? '' : '  '}${pc.dim(text)}`));
  return rows.length > most ? [...lines, `${INDENT}${pc.dim(`… ${rows.length - most} more`)}`] : lines;
}

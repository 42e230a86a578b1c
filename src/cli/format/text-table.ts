import { displayWidth, escapeControls, truncateText } from './display-width.js';

export interface TextColumn {
  name: string;
  align: 'left' | 'right';
}

/** A cell's text; undefined is NULL. */
export type TextRow = readonly (string | undefined)[];

/**
 * Lays rows out as a table for people: a header, a rule, one line a row, NULL in plain sight.
 * Columns are narrowed to fit `widthMax` terminal columns; those that still don't fit are left out
 * and counted on a last line.
 */
export function layOutTable(
  columns: readonly TextColumn[],
  rows: readonly TextRow[],
  widthMax: number,
): string {
  if (columns.length === 0) return '';
  const cells = rows.map((row) => columns.map((_, index) => escapeControls(row[index] ?? 'NULL')));
  const names = columns.map((column) => escapeControls(column.name));
  const natural = names.map((name, index) =>
    cells.reduce(
      (width, row) => Math.max(width, displayWidth(row[index] ?? '')),
      displayWidth(name),
    ),
  );
  const widths = fitWidths(natural, widthMax);
  const line = (texts: readonly string[]): string =>
    widths
      .map((width, index) => pad(texts[index] ?? '', width, columns[index]?.align ?? 'left'))
      .join(gap)
      .trimEnd();
  const lines = [line(names), widths.map((width) => '─'.repeat(width)).join(gap)];
  for (const row of cells) lines.push(line(row));
  const hidden = columns.length - widths.length;
  if (hidden > 0) {
    lines.push(
      `… ${hidden} more column${hidden === 1 ? '' : 's'}: ${names.slice(-hidden).join(', ')}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Columns of the terminal that stdout is, without bound where it is none. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

const gap = '  ';

/** Below this a column says too little to be worth its place. */
const widthMin = 6;

/** Narrows the widest columns until all fit, then drops columns from the right. */
function fitWidths(natural: readonly number[], widthMax: number): readonly number[] {
  let kept = natural.length;
  while (kept > 1 && leastWidth(natural.slice(0, kept)) > widthMax) kept -= 1;
  const widths = natural.slice(0, kept);
  let excess = totalWidth(widths) - widthMax;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= widthMin) break;
    const next = Math.max(widthMin, ...widths.filter((width) => width < widest));
    const atWidest = widths.filter((width) => width === widest).length;
    const cut = Math.max(1, Math.min(widest - next, Math.ceil(excess / atWidest)));
    for (const [index, width] of widths.entries()) {
      if (width === widest) widths[index] = width - cut;
    }
    excess = totalWidth(widths) - widthMax;
  }
  return widths;
}

function leastWidth(natural: readonly number[]): number {
  return totalWidth(natural.map((width) => Math.min(width, widthMin)));
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const shown = truncateText(text, width);
  const space = ' '.repeat(Math.max(0, width - displayWidth(shown)));
  return align === 'right' ? space + shown : shown + space;
}

import type { RecordBatch } from 'apache-arrow';
import { bindCellText, isNumeric } from './cell-text.js';
import { decodeBatches, type Result } from './result.js';
import { layOutTable, type TextRow } from './text-table.js';

/** Rows that a table shows; who wants more of them wants a file. */
const rowsShownMax = 100;

/** Rows that are read only to say how many more there are. */
const rowsCountedMax = 1_000_000;

/**
 * Gives a result as a table for people: its first 100 rows, and a line that says how many more
 * there are.
 *
 * Units: `widthMax` in terminal columns.
 */
export async function* writeTable(
  result: Result,
  options: { widthMax: number },
): AsyncGenerator<string> {
  const columns = result.schema.fields.map((field) => ({
    name: field.name,
    align: isNumeric(field) ? ('right' as const) : ('left' as const),
  }));
  // A statement without a result has nothing to show.
  if (columns.length === 0) return;
  const rows: TextRow[] = [];
  let count = 0;
  for await (const batch of decodeBatches(result)) {
    rows.push(...readRows(batch, rowsShownMax - rows.length));
    count += batch.numRows;
    if (count > rowsShownMax + rowsCountedMax) break;
  }
  yield layOutTable(columns, rows, options.widthMax);
  const more = count - rows.length;
  if (more > rowsCountedMax) yield '… more than a million more rows\n';
  else if (more > 0) yield `… ${more} more row${more === 1 ? '' : 's'}\n`;
}

function readRows(batch: RecordBatch, rowsMax: number): readonly TextRow[] {
  const columns = batch.data.children.map((data, index) => {
    const field = batch.schema.fields[index];
    return field === undefined ? undefined : { data, text: bindCellText(field, data) };
  });
  return Array.from({ length: Math.min(batch.numRows, rowsMax) }, (_, row) =>
    columns.map((column) => (column?.data.getValid(row) === true ? column.text(row) : undefined)),
  );
}

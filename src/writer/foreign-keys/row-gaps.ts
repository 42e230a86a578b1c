import type { PlacedIncompleteRows } from '../../binlog/index.js';
import type { ChangeColumns, Engine } from '../../protocol/index.js';
import type { RowCompleter } from '../row-completer.js';
import { noRowError } from '../row-completer.js';
import { keyIndexes } from '../row-keys.js';
import type { KnownTable } from '../schema-history.js';
import { cellReader } from './cells.js';
import { readMatchingRows } from './engine-rows.js';
import type { KeyTable } from './graph.js';
import { TableState, type RowGap } from './table-state.js';

/**
 * Opens a table whose batch has rows that the log holds in part (binlog_row_image=MINIMAL). Their
 * values are taken from the rows with their keys when their turn comes, after what foreign keys did.
 *
 * Errors: those of `RowCompleter`.
 */
export async function openIncomplete(
  table: KeyTable,
  batch: ChangeColumns,
  gaps: readonly PlacedIncompleteRows[],
  {
    engine,
    completer,
    known,
  }: { engine: Engine; completer: RowCompleter; known: KnownTable | undefined },
): Promise<TableState> {
  const defaults = gaps.filter(({ source }) => source === 'default');
  const whole = await completer.complete(batch, defaults, known);
  const byKeyRow = new Map<number, RowGap>();
  for (const gap of gaps) {
    if (gap.source === 'default') continue;
    gap.rows.forEach((row, index) => {
      const { missing } = gap;
      byKeyRow.set(gap.keyRows[index] ?? row, {
        row,
        missing,
        noRow: () => noRowError(batch, gap),
      });
    });
  }
  const state = new TableState(table, whole, byKeyRow);
  const key = keyIndexes(batch.schema);
  const cell = cellReader(batch.schema, whole.columns);
  const keys = [...byKeyRow.keys()].map((row) => key.map((column) => cell(column, row)));
  await state.addEngineRows(readMatchingRows(engine, batch.schema, key, keys));
  return state;
}

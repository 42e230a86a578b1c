import type { PlacedIncompleteRows } from '../binlog/index.js';
import { FlashError, tableName, type ChangeColumns, type Engine } from '../protocol/index.js';
import type { ColumnDefault } from './column-default.js';
import { readCurrentRows, readDefaults } from './current-rows.js';
import { gatherColumn } from './gather-column.js';
import { RewindRequest } from './rewind.js';
import { keyReader } from './row-keys.js';
import { findOrigins, fromDefaults, fromEngine, type RowOrigins } from './row-origins.js';
import type { KnownTable } from './schema-history.js';
import { quoteForShell } from './shell-word.js';

/** Where one row of the copy is: row `row` of `sources[source]`. */
interface RowPlace {
  source: number;
  row: number;
}

/** Completes rows that the log holds in part (binlog_row_image MINIMAL, NOBLOB). */
export class RowCompleter {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Fills in what the rows of `gaps` lack: from the row with their key as it is at that place among
   * the changes, or as it is in the engine, which must hold everything before the changes; in an
   * INSERT from the columns' defaults.
   *
   * `known`: the table as the log has defined it.
   * Errors: a `RewindRequest` to the event of a row that can't be completed, with the reason:
   * SOURCE_MISMATCH where the copy has no such row, UNSUPPORTED where a default is not known.
   */
  async complete(
    changes: ChangeColumns,
    gaps: readonly PlacedIncompleteRows[],
    known: KnownTable | undefined,
  ): Promise<ChangeColumns> {
    if (gaps.length === 0) return changes;
    const missing = new Set(gaps.flatMap((gap) => [...gap.missing]));
    const origins = findOrigins(changes, gaps);
    if (origins.orphan !== undefined) throw noRowError(changes, origins.orphan);
    const current = await readCurrentRows(this.#engine, changes, origins.wanted, missing);
    const keyOf = keyReader(changes.schema, changes.columns);
    const engineRows = origins.wanted.map((row): RowPlace => {
      const place = current.places.get(keyOf(row));
      if (place === undefined) throw noRowError(changes, gapAt(gaps, row));
      return { source: place.chunk + 1, row: place.row };
    });
    const defaults = await this.#readDefaults(changes, gaps, known);
    const sources = [changes.columns, ...current.chunks, defaults];
    const columns = changes.columns.map((data, index) => {
      const column = changes.schema.columns[index];
      if (column === undefined || !missing.has(index)) return data;
      const places = placesOf(index, gaps, origins, engineRows, sources.length - 1);
      return gatherColumn(column, { sources: sources.map((one) => one[index] ?? data), ...places });
    });
    return { ...changes, columns };
  }

  async #readDefaults(
    changes: ChangeColumns,
    gaps: readonly PlacedIncompleteRows[],
    known: KnownTable | undefined,
  ): Promise<ChangeColumns['columns']> {
    const defaults = new Map<number, ColumnDefault>();
    for (const gap of gaps) {
      if (gap.source !== 'default') continue;
      for (const index of gap.missing) {
        const name = changes.schema.columns[index]?.name ?? '';
        const value = known?.defaults?.[name];
        if (value === undefined || value.kind === 'unknown') {
          throw noDefaultError(changes, gap, name);
        }
        defaults.set(index, value);
      }
    }
    if (defaults.size === 0) return [];
    return readDefaults(this.#engine, changes.schema, defaults);
  }
}

/** Where each row of one column has its value. */
function placesOf(
  column: number,
  gaps: readonly PlacedIncompleteRows[],
  { gapOf, origin }: RowOrigins,
  engineRows: readonly RowPlace[],
  defaultsSource: number,
): { from: Int32Array; rows: Int32Array } {
  const from = new Int32Array(gapOf.length);
  const rows = Int32Array.from(gapOf, (_, row) => row);
  for (let row = 0; row < rows.length; row += 1) {
    const gap = gaps[gapOf[row] ?? -1];
    if (gap?.missing.includes(column) !== true) continue;
    const where = origin[row] ?? 0;
    if (where >= 0) {
      // An earlier row, which may have its own value from elsewhere.
      from[row] = from[where] ?? 0;
      rows[row] = rows[where] ?? 0;
    } else if (where === fromDefaults) {
      from[row] = defaultsSource;
      rows[row] = 0;
    } else {
      const place = engineRows[fromEngine - where];
      from[row] = place?.source ?? 0;
      rows[row] = place?.row ?? 0;
    }
  }
  return { from, rows };
}

function gapAt(gaps: readonly PlacedIncompleteRows[], keyRow: number): PlacedIncompleteRows {
  const gap = gaps.find(({ keyRows }) => keyRows.includes(keyRow));
  if (gap === undefined) throw new RangeError(`row ${keyRow} lacks nothing`);
  return gap;
}

/** The error for a row that the log changes in part, and the copy does not have. */
export function noRowError(changes: ChangeColumns, gap: PlacedIncompleteRows): RewindRequest {
  const table = tableName(changes.schema);
  const { file, offset } = gap;
  const error = new FlashError(
    'SOURCE_MISMATCH',
    `${file} at offset ${offset} changes a row of ${table} that the copy does not have, and holds a part of it only (${namesOf(changes, gap)} are missing)`,
    {
      hint: 'Replay all logs from the one that creates the table, or start from a new copy.',
      place: { file, offset, table },
    },
  );
  return new RewindRequest({ stopBefore: { file, offset }, error });
}

function noDefaultError(
  changes: ChangeColumns,
  { file, offset }: PlacedIncompleteRows,
  column: string,
): RewindRequest {
  const table = tableName(changes.schema);
  const error = new FlashError(
    'UNSUPPORTED',
    `${file} at offset ${offset} inserts into ${table} without ${column}, whose default the log does not tell`,
    {
      hint:
        'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL, ' +
        `and take the table anew from a running server: --resync ${quoteForShell(table)}, with the other flags of this run; or start from a new copy.`,
      place: { file, offset, table, column },
    },
  );
  return new RewindRequest({ stopBefore: { file, offset }, error });
}

function namesOf(changes: ChangeColumns, gap: PlacedIncompleteRows): string {
  return gap.missing.map((index) => changes.schema.columns[index]?.name ?? '').join(', ');
}

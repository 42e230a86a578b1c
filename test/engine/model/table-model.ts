/** A row of a model's table. */
export type Row = readonly [id: number, v: string | null];

/** What a table must hold, as plain rows. Values of this type are never changed. */
export interface TableModel {
  readonly isKeyed: boolean;
  /** Unique by id where the table has a key. */
  readonly rows: readonly Row[];
  /** Keys of which the engine still holds a version, a tombstone's too; true: one above 0. */
  readonly traces: ReadonlyMap<number, boolean>;
}

export const emptyTable = (isKeyed: boolean): TableModel => ({
  isKeyed,
  rows: [],
  traces: new Map(),
});

/** The table after rows were written; of equal keys the last wins. */
export function withRows(table: TableModel, added: readonly Row[]): TableModel {
  if (!table.isKeyed) return { ...table, rows: [...table.rows, ...added] };
  const rows = new Map(table.rows);
  for (const [id, v] of added) rows.set(id, v);
  return { ...table, rows: [...rows], traces: traced(table, added, true) };
}

/** The table after a DELETE of the rows that `selects`. */
export function withoutRows(table: TableModel, selects: (row: Row) => boolean): TableModel {
  const gone = table.rows.filter((row) => selects(row));
  const rows = table.rows.filter((row) => !selects(row));
  return { ...table, rows, traces: table.isKeyed ? traced(table, gone, true) : table.traces };
}

/** The table after an UPDATE that makes `change(row)` of each row that `selects`. */
export function withUpdate(
  table: TableModel,
  selects: (row: Row) => boolean,
  change: (row: Row) => Row,
): TableModel {
  const updated = table.rows.filter((row) => selects(row)).map((row) => change(row));
  return withRows(withoutRows(table, selects), updated);
}

/** The table after one change of a batch; a row without a key is taken away once. */
export function withChange(table: TableModel, row: Row, isDelete: boolean): TableModel {
  if (!isDelete) return withRows(table, [row]);
  if (table.isKeyed) {
    const rows = table.rows.filter(([id]) => id !== row[0]);
    return { ...table, rows, traces: traced(table, [row], true) };
  }
  const at = table.rows.findIndex(([id, v]) => id === row[0] && v === row[1]);
  if (at < 0) throw new Error('a model may delete only rows that are there');
  return { ...table, rows: table.rows.filter((_, index) => index !== at) };
}

/** The table after an IMPORT at version 0: it loses to every version but an equal one. */
export function withOldest(table: TableModel, row: Row, isDelete: boolean): TableModel {
  if (table.traces.get(row[0]) === true) return table;
  const others = table.rows.filter(([id]) => id !== row[0]);
  return {
    ...table,
    rows: isDelete ? others : [...others, row],
    traces: traced(table, [row], false),
  };
}

/** The table after OPTIMIZE … ELIMINATE: deleted keys leave nothing behind. */
export function withoutTombstones(table: TableModel): TableModel {
  const live = new Set(table.rows.map(([id]) => id));
  return { ...table, traces: new Map([...table.traces].filter(([id]) => live.has(id))) };
}

/** The rows as "id v", sorted as texts. */
export function rowTexts(rows: readonly Row[]): string[] {
  return rows.map(([id, v]) => `${id} ${String(v)}`).sort();
}

function traced(
  table: TableModel,
  rows: readonly Row[],
  isAboveZero: boolean,
): ReadonlyMap<number, boolean> {
  return new Map([...table.traces, ...rows.map(([id]) => [id, isAboveZero] as const)]);
}

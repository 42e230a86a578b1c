import type { ChangeColumns, ColumnData, TableSchema } from '../../protocol/index.js';
import { cellReader, keyText, rowText, type Cell, type CellReader } from './cells.js';
import { columnIndexes } from './parent-notes.js';
import type { KeyTable, Link } from './graph.js';
import { RowList } from './row-list.js';

/** A row of a child as it is at the place in the log that has been reached. */
export interface ChildRow {
  /** Its key, or in a table without one all its values. */
  readonly id: string;
  source: number;
  row: number;
  /** Values that foreign keys have given it. */
  changed: ReadonlyMap<number, Cell> | undefined;
  /** How many there are: 0 or 1 by key; more, where rows may be equal. */
  count: number;
  /** What the engine holds of it is counted. */
  isBased: boolean;
  /** Its values of the columns of each foreign key of the table. */
  keys: readonly (string | undefined)[];
}

/** A row of the batch that the log holds in part. */
export interface RowGap {
  row: number;
  /** Columns that it lacks. */
  missing: readonly number[];
  /** The error where there is no row to take them from. */
  noRow: () => Error;
}

/**
 * One child table between two places of the log: what the engine holds of it, as far as it is asked
 * for, and the batch's own rows up to a place. Collects the rows that the batch is to write.
 */
export class TableState {
  readonly schema: TableSchema;
  readonly output: RowList;
  /** Places in the rows of the batch up to which they are applied. */
  cursor = 0;
  /** What rows of the batch lack, by the row whose key says from which row it is taken. */
  readonly #gaps: ReadonlyMap<number, RowGap>;
  readonly #filled = new Map<number, ReadonlyMap<number, Cell>>();
  /** The rows to write are not those of the batch. */
  isChanged = false;
  /** The batch's own rows. */
  readonly batch: ChangeColumns;
  readonly #sources: (readonly ColumnData[])[] = [];
  readonly #readers: CellReader[] = [];
  readonly #identity: readonly number[];
  readonly #rows = new Map<string, ChildRow>();
  readonly #links: readonly { link: Link; columns: readonly number[] }[];
  readonly #index: readonly Map<string, Set<ChildRow>>[];
  readonly #isKeyless: boolean;

  constructor(
    table: KeyTable,
    batch: ChangeColumns,
    gaps: ReadonlyMap<number, RowGap> = new Map(),
  ) {
    this.#gaps = gaps;
    this.schema = batch.schema;
    this.batch = batch;
    this.#isKeyless = batch.schema.primaryKey.length === 0;
    this.#identity = this.#isKeyless
      ? batch.schema.columns.map((_, index) => index)
      : columnIndexes(batch.schema, batch.schema.primaryKey);
    this.#links = table.parents.map((link) => ({
      link,
      columns: columnIndexes(batch.schema, link.key.columns),
    }));
    this.#index = this.#links.map(() => new Map<string, Set<ChildRow>>());
    this.output = new RowList(batch.schema, this.#sources);
    this.#addSource(batch.columns);
  }

  get batchRows(): number {
    return this.batch.rows;
  }

  /**
   * Takes in rows of the engine, as of before the batch, which match a foreign key: all that do, in pieces as the engine
   * gives them. Equal rows of a table without a key may be in different pieces.
   */
  async addEngineRows(
    pieces: AsyncIterable<{ columns: readonly ColumnData[]; rows: number }>,
  ): Promise<ChildRow[]> {
    const added = new Map<ChildRow, number>();
    for await (const { columns, rows } of pieces) {
      const source = this.#addSource(columns);
      for (let row = 0; row < rows; row += 1) {
        const id = this.#idOf(source, row, undefined);
        const known = this.#rows.get(id);
        const isOld = known !== undefined && !added.has(known);
        // What the batch has made of a key counts, and not what the engine has.
        if (isOld && (known.isBased || !this.#isKeyless)) continue;
        const each = known ?? this.#newRow(id, source, row, undefined);
        added.set(each, (added.get(each) ?? 0) + 1);
        each.isBased = true;
      }
    }
    for (const [each, count] of added) each.count += count;
    return [...added.keys()];
  }

  /** Applies one row of the batch, as it is or with other values. */
  applyBatchRow(replaced?: ReadonlyMap<number, Cell>): void {
    const row = this.cursor;
    const gap = this.#gaps.get(row);
    if (gap !== undefined) this.#fill(row, gap);
    const changed = replaced ?? this.#filled.get(row);
    this.cursor += 1;
    if (changed !== undefined) this.isChanged = true;
    const isDelete = this.batch.delmarks[row] === 1;
    this.output.add(0, row, isDelete, changed);
    const id = this.#idOf(0, row, changed);
    const known = this.#rows.get(id);
    if (this.#isKeyless) {
      const each = known ?? this.#newRow(id, 0, row, changed);
      each.count += isDelete ? -1 : 1;
    } else if (known === undefined) {
      const each = this.#newRow(id, 0, row, changed);
      each.count = isDelete ? 0 : 1;
    } else {
      known.count = isDelete ? 0 : 1;
      if (!isDelete) this.#replace(known, row, changed);
    }
  }

  /** Takes what a row lacks from the row with its key, as it is before the change. */
  #fill(keyRow: number, { row, missing, noRow }: RowGap): void {
    const current = this.#rows.get(this.#idOf(0, keyRow, undefined));
    if (current === undefined || current.count === 0) throw noRow();
    const cells = this.cellsOf(current, missing);
    this.#filled.set(row, new Map(missing.map((column, index) => [column, cells[index] ?? null])));
  }

  /** Passes over a row of the batch: it is of no effect. */
  passBatchRow(): void {
    this.isChanged = true;
    this.cursor += 1;
  }

  /** The rows that refer to a parent's key. */
  matching(link: Link, key: string): ChildRow[] {
    const found = this.#index[this.#indexOf(link)]?.get(key) ?? [];
    return [...found].filter(({ count }) => count > 0);
  }

  /** A batch row's value of a foreign key's columns; undefined where one is NULL. */
  keyOfBatchRow(link: Link, row: number): string | undefined {
    const columns = this.#links[this.#indexOf(link)]?.columns ?? [];
    return keyText(columns.map((column) => this.#cell(0, row, column)));
  }

  cellsOf(row: ChildRow, columns: readonly number[]): Cell[] {
    return columns.map((column) => this.#valueOf(row, column));
  }

  cellsOfBatchRow(row: number, columns: readonly number[]): Cell[] {
    return columns.map((column) => this.#cell(0, row, column));
  }

  columnsOf(link: Link): readonly number[] {
    return this.#links[this.#indexOf(link)]?.columns ?? [];
  }

  /** Takes a row away, all of it. */
  remove(row: ChildRow): void {
    this.isChanged = true;
    for (let copy = 0; copy < row.count; copy += 1) {
      this.output.add(row.source, row.row, true, row.changed);
    }
    row.count = 0;
  }

  /** Gives a row other values. */
  change(row: ChildRow, cells: ReadonlyMap<number, Cell>): void {
    this.isChanged = true;
    const changed = new Map([...(row.changed ?? []), ...cells]);
    const id = this.#idOf(row.source, row.row, changed);
    const { source, row: place, count } = row;
    if (id === row.id) {
      this.output.add(source, place, false, changed);
      row.changed = changed;
      this.#reindex(row);
      return;
    }
    this.remove(row);
    const known = this.#rows.get(id);
    const next = known ?? this.#newRow(id, source, place, changed);
    if (known !== undefined && !this.#isKeyless) {
      known.source = source;
      known.row = place;
      known.changed = changed;
      this.#reindex(known);
    }
    next.count = this.#isKeyless ? next.count + count : 1;
    for (let copy = 0; copy < count; copy += 1) this.output.add(source, place, false, changed);
  }

  #replace(known: ChildRow, row: number, changed: ReadonlyMap<number, Cell> | undefined): void {
    known.source = 0;
    known.row = row;
    known.changed = changed;
    this.#reindex(known);
  }

  #newRow(
    id: string,
    source: number,
    row: number,
    changed: ReadonlyMap<number, Cell> | undefined,
  ): ChildRow {
    const made: ChildRow = { id, source, row, changed, count: 0, isBased: false, keys: [] };
    this.#rows.set(id, made);
    this.#reindex(made);
    return made;
  }

  #reindex(row: ChildRow): void {
    row.keys.forEach((key, index) => {
      if (key !== undefined) this.#index[index]?.get(key)?.delete(row);
    });
    row.keys = this.#links.map(({ columns }) => keyText(this.cellsOf(row, columns)));
    row.keys.forEach((key, index) => {
      if (key === undefined) return;
      const map = this.#index[index];
      const rows = map?.get(key);
      if (rows === undefined) map?.set(key, new Set([row]));
      else rows.add(row);
    });
  }

  #indexOf(link: Link): number {
    return this.#links.findIndex((each) => each.link === link);
  }

  #valueOf({ source, row, changed }: ChildRow, column: number): Cell {
    const cell = changed?.get(column);
    return cell === undefined ? this.#cell(source, row, column) : cell;
  }

  #cell(source: number, row: number, column: number): Cell {
    const read = this.#readers[source];
    if (read === undefined) throw new RangeError(`no source ${source}`);
    return read(column, row);
  }

  #idOf(source: number, row: number, changed: ReadonlyMap<number, Cell> | undefined): string {
    return rowText(
      this.#identity.map((column) => {
        const cell = changed?.get(column);
        return cell === undefined ? this.#cell(source, row, column) : cell;
      }),
    );
  }

  #addSource(columns: readonly ColumnData[]): number {
    this.#readers.push(cellReader(this.schema, columns));
    return this.#sources.push(columns) - 1;
  }
}

import type { ChangeColumns, ColumnData, TableSchema } from '../../protocol/index.js';
import { gatherColumn } from '../gather-column.js';
import { columnOfCells, type Cell } from './cells.js';

/** Row changes that lie in several sources, some values replaced, in the order in which they are to be written. */
export class RowList {
  readonly #schema: TableSchema;
  readonly #sources: readonly (readonly ColumnData[])[];
  readonly #from: number[] = [];
  readonly #rows: number[] = [];
  readonly #delmarks: number[] = [];
  /** For each column with replaced values: those, and the places where they belong. */
  readonly #replaced = new Map<number, { cells: Cell[]; places: number[] }>();

  /** `sources` may grow while rows are added. */
  constructor(schema: TableSchema, sources: readonly (readonly ColumnData[])[]) {
    this.#schema = schema;
    this.#sources = sources;
  }

  add(
    source: number,
    row: number,
    isDelete: boolean,
    changed: ReadonlyMap<number, Cell> | undefined,
  ): void {
    const place = this.#from.push(source) - 1;
    this.#rows.push(row);
    this.#delmarks.push(isDelete ? 1 : 0);
    for (const [column, cell] of changed ?? []) {
      const replaced = this.#replaced.get(column) ?? { cells: [], places: [] };
      this.#replaced.set(column, replaced);
      replaced.cells.push(cell);
      replaced.places.push(place);
    }
  }

  /** Gives the rows as columns. Owns: new buffers. */
  take(): ChangeColumns {
    const columns = this.#schema.columns.map((column, index) => {
      const sources = this.#sources.map((columnsOfSource) => columnsOfSource[index] ?? noData);
      const from = Int32Array.from(this.#from);
      const rows = Int32Array.from(this.#rows);
      const replaced = this.#replaced.get(index);
      if (replaced !== undefined) {
        const source = sources.push(columnOfCells(column, replaced.cells)) - 1;
        replaced.places.forEach((place, cell) => {
          from[place] = source;
          rows[place] = cell;
        });
      }
      return gatherColumn(column, { sources, from, rows });
    });
    const delmarks = Uint8Array.from(this.#delmarks);
    return { schema: this.#schema, rows: delmarks.length, columns, delmarks };
  }
}

const noData: ColumnData = {
  validity: undefined,
  nullCount: 0,
  offsets: undefined,
  values: new Uint8Array(0),
};

import { ChangeBuilder, type PlacedIncompleteRows } from '../binlog/index.js';
import {
  encodeChanges,
  tableName,
  type ChangeColumns,
  type EncodedChanges,
  type TableSchema,
} from '../protocol/index.js';

/** Row changes of one table of the engine, ready to be staged. */
export interface Piece {
  table: { database: string; table: string };
  changes: EncodedChanges;
  /** Zero and impossible dates that became NULL. */
  zeroDates: number;
}

/** Fills in what rows lack, before they are staged; see `RowCompleter`. */
export type CompleteRows = (
  changes: ChangeColumns,
  gaps: readonly PlacedIncompleteRows[],
) => Promise<ChangeColumns>;

/** Where a transaction or savepoint found the builders that it has touched since. */
export type Marks = Map<ChangeBuilder, ReturnType<ChangeBuilder['mark']>>;

/**
 * The row changes that are decoded and not yet staged: a builder for each table of the engine.
 *
 * Memory: the builders keep what they have grown to, for the next batch; once all of them together
 * have held more than twice `bytesMax`, they are given up and grow anew.
 */
export class ChangeBuffer {
  readonly #bytesMax: number;
  readonly #builders = new Map<string, ChangeBuilder>();
  readonly #largest = new Map<ChangeBuilder, number>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The builder of a table. `schema` names the engine's table, and is the same object while it is valid. */
  builderFor(schema: TableSchema): ChangeBuilder {
    const name = tableName(schema);
    const known = this.#builders.get(name);
    if (known !== undefined) return known;
    const builder = new ChangeBuilder(schema);
    this.#builders.set(name, builder);
    return builder;
  }

  /** The builder of a table by its name in the engine, where it has one. */
  find(target: string): ChangeBuilder | undefined {
    return this.#builders.get(target);
  }

  /** Rows that are held of a table, by its name in the engine. */
  rowsOf(target: string): number {
    return this.#builders.get(target)?.rows ?? 0;
  }

  get rows(): number {
    return this.#sum((builder) => builder.rows);
  }

  get bytes(): number {
    return this.#sum((builder) => builder.bytes);
  }

  /**
   * Gives all changes out, one piece a table, and empties the builders. `complete` is called for
   * tables with rows that lack values. Tables in `carried` have their changes there.
   *
   * Errors: those of `complete`; the changes are lost then, and the batch with them.
   */
  async take(
    complete: CompleteRows,
    carried: ReadonlyMap<string, ChangeColumns> = new Map(),
  ): Promise<Piece[]> {
    const pieces: Piece[] = [];
    for (const [name, changes] of carried) {
      if (this.rowsOf(name) === 0 && changes.rows > 0) pieces.push(pieceOf(changes, 0));
    }
    for (const [name, builder] of this.#builders) {
      if (builder.rows === 0) continue;
      const zeroDates = builder.zeroDates.reduce((sum, count) => sum + count, 0);
      this.#largest.set(builder, Math.max(this.#largest.get(builder) ?? 0, builder.bytes));
      const { incomplete } = builder;
      const taken = builder.take();
      const whole = carried.get(name);
      const changes =
        whole ?? (incomplete.length === 0 ? taken : await complete(taken, incomplete));
      pieces.push(pieceOf(changes, zeroDates));
    }
    const held = [...this.#largest.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (held > 2 * this.#bytesMax) this.forget();
    return pieces;
  }

  /** Gives the builders up: schemas have changed. Only when all is taken or unwanted. */
  forget(): void {
    this.#builders.clear();
    this.#largest.clear();
  }

  #sum(read: (builder: ChangeBuilder) => number): number {
    let sum = 0;
    for (const builder of this.#builders.values()) sum += read(builder);
    return sum;
  }
}

function pieceOf(changes: ChangeColumns, zeroDates: number): Piece {
  const { database, table } = changes.schema;
  return { table: { database, table }, changes: encodeChanges(changes), zeroDates };
}

import type { Position } from '../protocol/index.js';
import { hashRows } from './hash-rows.js';
import { keyTextReader } from './key-text.js';
import { RowIndex } from './row-index.js';
import { gatherRows, type ComparedTable, type RowPlace, type Rows } from './rows.js';
import { sameColumn } from './same-value.js';
import type { Suspect } from './suspect.js';

/** A pair of rows of one key that differ. */
interface Pair {
  entry: number;
  copy: RowPlace;
}

/** Holds the copy's rows, chunk by chunk, against the source's rows of the same part of a table. */
export class RowComparison {
  readonly #table: ComparedTable;
  readonly #index: RowIndex;
  readonly #values: readonly number[];
  /** Entries that the copy has; a table without a key counts by `left`. */
  readonly #pairs: Pair[] = [];
  readonly #extra: RowPlace[] = [];

  constructor(table: ComparedTable, source: readonly Rows[]) {
    this.#table = table;
    this.#index = new RowIndex(table, source);
    this.#values = table.schema.columns
      .map((_, index) => index)
      .filter((index) => !table.key.includes(index));
  }

  /** Rows that the copy has and the source has not. */
  get extraRows(): number {
    return this.#extra.length;
  }

  /** Takes rows of the copy. Owns: `copy` is kept until `end` where a row of it differs. */
  add(copy: Rows): void {
    const hashes = hashRows(copy, this.#table.key);
    const entries = new Int32Array(copy.rows);
    const { left } = this.#index;
    for (let row = 0; row < copy.rows; row += 1) {
      const entry = this.#index.find(copy, row, hashes[row] ?? 0);
      entries[row] = entry;
      if (entry >= 0) left[entry] = (left[entry] ?? 0) - 1;
      else this.#extra.push({ rows: copy, row });
    }
    if (this.#values.length > 0) this.#compareValues(copy, entries);
  }

  /** What differs. `copyAt`: as of which place in the log the copy was read. Owns: rows of its own. */
  end(copyAt: Position): Suspect[] {
    const { left } = this.#index;
    const source: RowPlace[] = [];
    const copy: RowPlace[] = [];
    const found: { source?: number; copy?: number; counts: [number, number] }[] = [];
    for (const pair of this.#pairs) {
      source.push(this.#index.place(pair.entry));
      copy.push(pair.copy);
      found.push({ source: source.length - 1, copy: copy.length - 1, counts: [1, 1] });
    }
    for (let entry = 0; entry < left.length; entry += 1) {
      const count = left[entry] ?? 0;
      if (count === 0) continue;
      source.push(this.#index.place(entry));
      // Only the difference is known, and what the log adds or takes away counts from there.
      const counts: [number, number] = count > 0 ? [count, 0] : [0, -count];
      found.push({ source: source.length - 1, counts });
    }
    for (const place of this.#extra) {
      copy.push(place);
      found.push({ copy: copy.length - 1, counts: [0, 1] });
    }
    return this.#toSuspects(found, source, copy, copyAt);
  }

  /** One column after the other: all values of a column are compared by the same code. */
  #compareValues(copy: Rows, entries: Int32Array): void {
    const differs = new Uint8Array(copy.rows);
    for (const index of this.#values) {
      for (let row = 0; row < copy.rows; row += 1) {
        const entry = entries[row] ?? -1;
        if (entry < 0 || differs[row] === 1) continue;
        const chunk = this.#index.chunk(entry);
        if (!sameColumn(chunk, this.#index.row(entry), copy, row, index)) differs[row] = 1;
      }
    }
    differs.forEach((flag, row) => {
      if (flag === 1) this.#pairs.push({ entry: entries[row] ?? 0, copy: { rows: copy, row } });
    });
  }

  #toSuspects(
    found: readonly { source?: number; copy?: number; counts: [number, number] }[],
    source: readonly RowPlace[],
    copy: readonly RowPlace[],
    copyAt: Position,
  ): Suspect[] {
    const { schema, key } = this.#table;
    const sourceRows = gatherRows(schema, source);
    const copyRows = gatherRows(schema, copy);
    const sourceKey = keyTextReader(sourceRows, key);
    const copyKey = keyTextReader(copyRows, key);
    const suspects = new Map<string, Suspect>();
    for (const each of found) {
      const text = each.source === undefined ? copyKey(each.copy ?? 0) : sourceKey(each.source);
      const [sourceCount, copyCount] = each.counts;
      const known = suspects.get(text);
      if (known !== undefined) {
        // Equal rows that the copy alone has.
        known.copyCount += copyCount;
        continue;
      }
      suspects.set(text, {
        ...{ key: text, sourceCount, copyCount, copyAt, isUncertain: false },
        source: each.source === undefined ? undefined : { rows: sourceRows, row: each.source },
        copy: each.copy === undefined ? undefined : { rows: copyRows, row: each.copy },
      });
    }
    return [...suspects.values()];
  }
}

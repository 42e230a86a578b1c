import { hashRows } from './hash-rows.js';
import type { ComparedTable, RowPlace, Rows } from './rows.js';
import { sameColumn } from './same-value.js';

const none = -1;

/**
 * Finds rows by their keys; of a table without one, by all that they hold, where equal rows are one entry with a
 * count. Makes no object a row.
 *
 * Units: 20 bytes a row beside the rows themselves.
 */
export class RowIndex {
  /** How many rows each entry stands for, less those that were taken from it. */
  readonly left: Int32Array;
  readonly #key: readonly number[];
  readonly #chunks: readonly Rows[];
  readonly #chunkOf: Uint32Array;
  readonly #rowOf: Uint32Array;
  readonly #hashes: Int32Array;
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor({ key }: ComparedTable, chunks: readonly Rows[]) {
    this.#key = key;
    this.#chunks = chunks;
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
    const slots = 2 ** Math.ceil(Math.log2(rows * 2 + 1));
    this.#mask = slots - 1;
    this.#slots = new Int32Array(slots).fill(none);
    this.#chunkOf = new Uint32Array(rows);
    this.#rowOf = new Uint32Array(rows);
    this.#hashes = new Int32Array(rows);
    this.left = new Int32Array(rows);
    let next = 0;
    chunks.forEach((chunk, number) => {
      const hashes = hashRows(chunk, key);
      for (let row = 0; row < chunk.rows; row += 1) {
        this.#add(next, number, row, hashes[row] ?? 0);
        next += 1;
      }
    });
  }

  /** The entry with the key of this row, or -1. */
  find(chunk: Rows, row: number, hash: number): number {
    return this.#slots[this.#slotOf(chunk, row, hash)] ?? none;
  }

  /** Where the row of an entry lies. */
  place(entry: number): RowPlace {
    return { rows: this.chunk(entry), row: this.row(entry) };
  }

  chunk(entry: number): Rows {
    const chunk = this.#chunks[this.#chunkOf[entry] ?? 0];
    if (chunk === undefined) throw new RangeError(`no entry ${entry}`);
    return chunk;
  }

  row(entry: number): number {
    return this.#rowOf[entry] ?? 0;
  }

  #add(entry: number, number: number, row: number, hash: number): void {
    const chunk = this.#chunks[number];
    if (chunk === undefined) return;
    this.#chunkOf[entry] = number;
    this.#rowOf[entry] = row;
    this.#hashes[entry] = hash;
    const slot = this.#slotOf(chunk, row, hash);
    const first = this.#slots[slot] ?? none;
    if (first === none) this.#slots[slot] = entry;
    const counted = first === none ? entry : first;
    this.left[counted] = (this.left[counted] ?? 0) + 1;
  }

  /** The slot of an equal row, or the free one where it would be. */
  #slotOf(chunk: Rows, row: number, hash: number): number {
    let slot = hash & this.#mask;
    for (;;) {
      const entry = this.#slots[slot] ?? none;
      if (entry === none) return slot;
      if (this.#hashes[entry] === hash && this.#isSame(entry, chunk, row)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #isSame(entry: number, chunk: Rows, row: number): boolean {
    const own = this.chunk(entry);
    const ownRow = this.row(entry);
    for (const index of this.#key) if (!sameColumn(own, ownRow, chunk, row, index)) return false;
    return true;
  }
}

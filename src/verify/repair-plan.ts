import { tableName } from '../protocol/index.js';
import type { ComparedTable } from './rows.js';
import type { Suspect, SuspectTables } from './suspect.js';

/** Rows that one run repairs, at most: of tables that differ in more, a reading anew is the shorter way. */
export const repairRowsMax = 50_000;

/** The rows that were proven to differ, and are to be repaired. */
export class RepairPlan {
  readonly #tables: SuspectTables = new Map();
  readonly #tooMany = new Set<string>();
  #rows = 0;

  /** Tables, by the source's names, that differ in too many rows. */
  get tooMany(): ReadonlySet<string> {
    return this.#tooMany;
  }

  /** Notes a row that differs. Owns: the rows that it lies in are kept. */
  add(table: ComparedTable, suspect: Suspect): void {
    const name = tableName(table.known.schema);
    if (this.#tooMany.has(name)) return;
    this.#rows += gapOf(suspect);
    if (this.#rows > repairRowsMax) {
      this.forget(name);
      this.#rows -= gapOf(suspect);
      this.#tooMany.add(name);
      return;
    }
    const rows = this.#tables.get(table) ?? new Map<string, Suspect>();
    this.#tables.set(table, rows);
    rows.set(suspect.key, suspect);
  }

  /** Drops what was noted of a table that has another form now, and is compared anew. */
  forget(name: string): void {
    for (const [table, rows] of this.#tables) {
      if (tableName(table.known.schema) !== name) continue;
      for (const suspect of rows.values()) this.#rows -= gapOf(suspect);
      this.#tables.delete(table);
    }
    this.#tooMany.delete(name);
  }

  rows(): SuspectTables {
    return this.#tables;
  }
}

/** How many rows of the copy are to change. */
function gapOf({ sourceCount, copyCount }: Suspect): number {
  return Math.max(1, Math.abs(sourceCount - copyCount));
}

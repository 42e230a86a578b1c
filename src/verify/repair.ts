import { tableName } from '../protocol/index.js';
import type { Moment } from '../writer/index.js';
import type { RepairCounts } from './repair-changes.js';
import { repairOnce, type RepairPorts } from './repair-once.js';
import type { ComparedTable } from './rows.js';
import type { SuspectTables } from './suspect.js';

/** What was repaired may be in doubt, or overtaken by a change that was completed from a wrong row: so often. */
const attemptsMax = 4;

/** What was done to the rows of a table, and what is left of them. */
export interface TableRepair extends RepairCounts {
  /** Rows that still differ, or of which nothing is proven. */
  left: number;
}

/** Repairs rows and compares them again, until they are equal. */
export class Repair {
  readonly #ports: RepairPorts;
  readonly #counts = new Map<string, TableRepair>();
  #at: Moment | undefined;

  constructor(ports: RepairPorts) {
    this.#ports = ports;
  }

  /** As of which place in the source's log rows were put right last; undefined where none was. */
  get at(): Moment | undefined {
    return this.#at;
  }

  /** By the source's name. */
  get tables(): ReadonlyMap<string, TableRepair> {
    return this.#counts;
  }

  /**
   * Puts rows right. `recheck` compares them once more, and gives those that are not proven equal.
   *
   * Errors: those of `repairOnce` and of `recheck`; `tables` says what is left by then.
   */
  async run(
    rows: SuspectTables,
    recheck: (rows: SuspectTables) => Promise<SuspectTables>,
  ): Promise<void> {
    let open = rows;
    this.#setLeft(open);
    for (let attempt = 1; attempt <= attemptsMax && open.size > 0; attempt += 1) {
      const { at, counts } = await repairOnce(this.#ports, open);
      if (counts.size > 0) this.#at = at;
      for (const [table, { inserted, deleted, changed }] of counts) {
        const sum = this.#of(table);
        sum.inserted += inserted;
        sum.deleted += deleted;
        sum.changed += changed;
      }
      open = await recheck(open);
      this.#setLeft(open);
    }
  }

  #setLeft(open: SuspectTables): void {
    for (const sum of this.#counts.values()) sum.left = 0;
    for (const [table, rows] of open) this.#of(table).left = rows.size;
  }

  #of(table: ComparedTable): TableRepair {
    const name = tableName(table.known.schema);
    const sum = this.#counts.get(name) ?? { inserted: 0, deleted: 0, changed: 0, left: 0 };
    this.#counts.set(name, sum);
    return sum;
  }
}

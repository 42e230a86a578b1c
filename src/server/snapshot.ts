/** What all splits of a plan read. */
export interface PlanSource {
  database: string;
  table: string;
  /** Undefined: each split reads the newest state at its own start. */
  snapshot: string | undefined;
}

/**
 * Gives the table that the splits of a plan are to read. Engines give no snapshots to the port yet:
 * this is the one place that asks for one, and names its table, when they do.
 */
export function choosePlanSource(table: { database: string; table: string }): PlanSource {
  return { database: table.database, table: table.table, snapshot: undefined };
}

import {
  queryRows,
  quoteIdentifier,
  quoteTable,
  tableName,
  wallClockZone,
  type Engine,
  type TableSchema,
} from '../protocol/index.js';

/**
 * Gives the type that a DATETIME column has by now, for the one that it has: tables that an older
 * version made have the zone of instants there.
 */
export function wallClockType(engineType: string): string {
  return engineType.replace(/(DateTime64\(\d), 'UTC'\)/, `$1, '${wallClockZone}')`);
}

/**
 * Names the zone of wall clocks in DATETIME columns that an older version made. The engine keeps the
 * same numbers for both, so that this touches no row, and columns of a key may change too. It may
 * be repeated, and go on where it was cut.
 *
 * Shape: `tables` of the copy, under the engine's names; those that are not there are passed over.
 */
export async function nameWallClocks(
  engine: Engine,
  tables: readonly TableSchema[],
): Promise<void> {
  const wallClocks = new Map(tables.map((table) => [tableName(table), wallClockNames(table)]));
  const columns = await queryRows(
    engine,
    `SELECT database, table, name, type FROM system.columns WHERE match(type, 'DateTime64.., .UTC')`,
  );
  for (const row of columns) {
    const table = { database: String(row['database']), table: String(row['table']) };
    const name = String(row['name']);
    if (wallClocks.get(tableName(table))?.has(name) !== true) continue;
    const type = wallClockType(String(row['type']));
    const change = `MODIFY COLUMN ${quoteIdentifier(name)} ${type}`;
    await engine.execute(`ALTER TABLE ${quoteTable(table)} ${change}`);
  }
}

function wallClockNames({ columns }: TableSchema): ReadonlySet<string> {
  const wallClocks = columns.filter(({ type }) => type.kind === 'datetime');
  return new Set(wallClocks.map(({ name }) => name));
}

import {
  changesSql,
  findSnapshot,
  listColumns,
  queryRows,
  quoteString,
  storedTable,
  type Engine,
  type TableRef,
} from '../../src/protocol/index.js';

/** A snapshot of a table, as a reader of its changes knows it. */
export interface Kept {
  name: string;
  complete: bigint;
  uuid: string;
  since: bigint;
  reason: string;
}

/** Makes a snapshot of a table. */
export async function keep(engine: Engine, name: string, table: TableRef): Promise<Kept> {
  await engine.execute(`CREATE SNAPSHOT ${name} OF ${table.database}.${table.table}`);
  return await readKept(engine, name);
}

/** A snapshot of one table that is there. */
export async function readKept(engine: Engine, name: string): Promise<Kept> {
  const [row] = await queryRows(
    engine,
    `SELECT toString(complete_version) AS complete, toString(changes[1].uuid) AS uuid,
       toString(changes[1].since) AS since, changes[1].reason AS reason
     FROM theflash.snapshots WHERE name = ${quoteString(name)}`,
  );
  if (row === undefined) throw new Error(`there is no snapshot ${name}`);
  return {
    name,
    complete: BigInt(String(row['complete'])),
    uuid: String(row['uuid']),
    since: BigInt(String(row['since'])),
    reason: String(row['reason']),
  };
}

/** The rows `(id, v)` of a table as a snapshot keeps them, by `id`. */
export async function readState(
  engine: Engine,
  name: string,
  table: TableRef,
): Promise<Map<string, string>> {
  const rows = await queryRows(
    engine,
    `SELECT toString(id) AS id, v FROM ${table.database}.${table.table} AT SNAPSHOT ${name}`,
  );
  return new Map(rows.map((row) => [String(row['id']), String(row['v'])]));
}

/** Brings a state from version `after` to that of a snapshot, by the changes between them. */
export async function applyChanges(
  engine: Engine,
  state: Map<string, string>,
  after: bigint,
  name: string,
  table: TableRef,
): Promise<number> {
  const stored = storedTable(await findSnapshot(engine, name), table);
  const columns = await listColumns(engine, stored);
  const request = { ...table, stored, after, key: ['id'] };
  const rows = await queryRows(engine, changesSql(request, columns));
  for (const row of rows) {
    const id = String(row['id']);
    if (row['_change_type'] === 'delete') state.delete(id);
    else state.set(id, String(row['v']));
  }
  return rows.length;
}

/** The highest version of a row that a snapshot holds. */
export async function newestVersion(
  engine: Engine,
  name: string,
  table: TableRef,
): Promise<bigint> {
  const [row] = await queryRows(
    engine,
    `SELRAW toString(max(_INTERNAL_VERSION)) AS newest FROM ${table.database}.${table.table} AT SNAPSHOT ${name}`,
  );
  return BigInt(String(row?.['newest']));
}

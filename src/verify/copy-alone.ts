import { listTables, queryRows, tableName, type Engine } from '../protocol/index.js';
import { tablesOfOthers, type SchemaHistory, type TableFilter } from '../writer/index.js';

interface TableReference {
  database: string;
  table: string;
}

/** A table or view of the engine that is not from the source. */
export interface AloneTable {
  /** What the source would call it. */
  name: TableReference;
  /** What the engine calls it. */
  target: TableReference;
  isView: boolean;
}

export interface AloneOptions {
  /** Which tables the copy takes, and under which names. */
  copied: TableFilter;
  /** Tables that the source has and the copy takes. */
  source: readonly TableReference[];
  history: SchemaHistory;
  /** Whether a user has named it: views, and tables of databases of the user's own, are passed over otherwise. */
  isNamed: (table: TableReference) => boolean;
}

/** Lists tables of the engine that nothing of the source is copied into, in databases that hold copied tables. */
export async function tablesOfCopyAlone(
  engine: Engine,
  { copied, source, history, isNamed }: AloneOptions,
): Promise<AloneTable[]> {
  const left = history.leftOut().filter(({ heldUpTo }) => heldUpTo !== undefined);
  const known = [...source, ...history.tables().map(({ schema }) => schema)];
  const copies = [...known, ...left.map(({ table }) => table)].map((table) => copied.target(table));
  const others = await tablesOfOthers(engine);
  const taken = new Set([...copies.map((table) => tableName(table)), ...others.keys()]);
  const databases = new Set(copies.map(({ database }) => database));
  const sourceDatabases = new Set(known.map(({ database }) => database));
  const views = await listViews(engine);
  const found: AloneTable[] = [];
  for (const { database, table } of await listTables(engine)) {
    const target = { database, table };
    const text = tableName(target);
    // What a materialized view keeps its rows in is part of it.
    if (taken.has(text) || table.startsWith('.inner')) continue;
    // A --rename may bring tables of another name here.
    const name = [...sourceDatabases, database]
      .map((each) => ({ database: each, table }))
      .find((each) => copied.accepts(each) && tableName(copied.target(each)) === text);
    if (name === undefined) continue;
    const isView = views.has(text);
    if ((isView || !databases.has(database)) && !isNamed(name)) continue;
    found.push({ name, target, isView });
  }
  return found;
}

async function listViews(engine: Engine): Promise<ReadonlySet<string>> {
  const rows = await queryRows(
    engine,
    `SELECT database, name FROM system.tables WHERE endsWith(engine, 'View') OR engine = 'Dictionary'`,
  );
  return new Set(
    rows.map((row) => tableName({ database: String(row['database']), table: String(row['name']) })),
  );
}

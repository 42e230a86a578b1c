import type { Random } from '../../workload/random.js';
import type { BatchWrite, Command } from '../engine-child.js';
import { put, remove } from '../rows.js';
import { pickCondition, pickRow, pickRows, rowLiterals } from './conditions.js';
import {
  emptyTable,
  withChange,
  withOldest,
  withoutRows,
  withoutTombstones,
  withRows,
  withUpdate,
  type Row,
  type TableModel,
} from './table-model.js';

/** The tables of the test: the database's name, and what follows MutableMergeTree. */
export const tables = {
  keyed: 'ORDER BY (id)',
  keyed_too: 'ORDER BY (id)',
  parted: '(4, (id), 8192)',
  bag: 'ORDER BY tuple()',
  bag_too: 'ORDER BY tuple()',
} as const;
export type TableName = keyof typeof tables;
export const tableNames: readonly [TableName, ...TableName[]] = [
  'keyed',
  'keyed_too',
  'parted',
  'bag',
  'bag_too',
];

/** What the whole engine must hold. */
export interface Model {
  readonly tables: Readonly<Record<TableName, TableModel>>;
  readonly checkpoint: string | undefined;
  /** Snapshots of all tables, by their name. */
  readonly snapshots: ReadonlyMap<string, Readonly<Record<TableName, TableModel>>>;
}

/** Something to do, and what the engine must hold after it. */
export interface Step {
  command: Extract<Command, { do: 'execute' | 'batch' }>;
  after: Model;
  /** A table whose tombstones must be gone. */
  eliminated?: TableName;
}

export const emptyModel: Model = {
  tables: {
    keyed: emptyTable(true),
    keyed_too: emptyTable(true),
    parted: emptyTable(true),
    bag: emptyTable(false),
    bag_too: emptyTable(false),
  },
  checkpoint: undefined,
  snapshots: new Map(),
};

/** Versions that this test imports lie so far apart that the engine's counter stays between them. */
const importedVersionGap = 2n ** 49n;

/** Chooses what to do next; `number` counts the steps. */
export function nextStep(model: Model, number: number, random: Random): Step {
  const name = random.pick(tableNames);
  const percent = random.int(0, 99);
  if (percent < 40) return batchStep(model, number, random);
  if (percent < 52) return insertStep(model, name, random);
  if (percent < 58) return copyStep(model, name, random);
  if (percent < 68) return deleteStep(model, name, random);
  if (percent < 78) return updateStep(model, name, random);
  if (percent < 86) return importStep(model, name, number, random);
  if (percent < 90) return bulkStep(model, name, random);
  if (percent < 93) return snapshotStep(model, number, random);
  return upkeepStep(model, name, random);
}

function sqlStep(model: Model, name: TableName, sql: string, table: TableModel): Step {
  return {
    command: { do: 'execute', sql },
    after: { ...model, tables: { ...model.tables, [name]: table } },
  };
}

function insertStep(model: Model, name: TableName, random: Random): Step {
  const rows = pickRows(random);
  const verb = random.pick(['INSERT INTO', 'UPSERT INTO']);
  const sql = `${verb} ${name}.t (id, v) VALUES ${rowLiterals(rows)}`;
  return sqlStep(model, name, sql, withRows(model.tables[name], rows));
}

/** INSERT … SELECT from another table, which it must read as it is: one row an id. */
function copyStep(model: Model, name: TableName, random: Random): Step {
  const from = random.pick(tableNames);
  const sql = `INSERT INTO ${name}.t SELECT id, max(v) FROM ${from}.t WHERE id < 100 GROUP BY id`;
  const greatest = new Map<number, string | null>();
  for (const [id, v] of model.tables[from].rows) {
    if (id >= 100) continue;
    const best = greatest.get(id) ?? null;
    greatest.set(id, best === null || (v !== null && v > best) ? v : best);
  }
  return sqlStep(model, name, sql, withRows(model.tables[name], [...greatest]));
}

function deleteStep(model: Model, name: TableName, random: Random): Step {
  const { sql, selects } = pickCondition(random);
  const table = withoutRows(model.tables[name], selects);
  return sqlStep(model, name, `DELETE FROM ${name}.t WHERE ${sql}`, table);
}

function updateStep(model: Model, name: TableName, random: Random): Step {
  const { sql, selects } = pickCondition(random);
  const changes: readonly [string, (row: Row) => Row][] = [
    [`v = if(v = 'a', 'b', 'a')`, ([id, v]) => [id, v === 'a' ? 'b' : 'a']],
    ['v = NULL', ([id]) => [id, null]],
    ['id = id + 1', ([id, v]) => [id + 1, v]],
    [`id = id + 2, v = 'moved'`, ([id]) => [id + 2, 'moved']],
  ];
  const [assignments, change] = changes[random.int(0, changes.length - 1)] ?? ['', (row) => row];
  const table = withUpdate(model.tables[name], selects, change);
  return sqlStep(model, name, `UPDATE ${name}.t SET ${assignments} WHERE ${sql}`, table);
}

/** IMPORT at the oldest version or at one above all others; a table without a key takes none. */
function importStep(model: Model, name: TableName, number: number, random: Random): Step {
  const table = model.tables[name];
  if (!table.isKeyed) return insertStep(model, name, random);
  const row = pickRow(random);
  const isDelete = random.chance(30);
  const isOldest = random.chance(50);
  const version = isOldest ? 1n : importedVersionGap * BigInt(number + 1);
  const values = rowLiterals([row]).replace(/\)$/, `, ${version}, ${isDelete ? 1 : 0})`);
  const columns = 'id, v, _INTERNAL_VERSION, _INTERNAL_DELMARK';
  const sql = `IMPORT INTO ${name}.t (${columns}) VALUES ${values}`;
  const after = isOldest ? withOldest(table, row, isDelete) : withChange(table, row, isDelete);
  // A tombstone for a key that the table without rows of it never saw is a trace all the same.
  return sqlStep(model, name, sql, after);
}

/** Many rows at once, above the ids of the others, so that parts differ in size. */
function bulkStep(model: Model, name: TableName, random: Random): Step {
  const table = model.tables[name];
  if (table.rows.length > 3000) {
    const sql = `DELETE FROM ${name}.t WHERE id >= 100`;
    return sqlStep(
      model,
      name,
      sql,
      withoutRows(table, ([id]) => id >= 100),
    );
  }
  const count = random.int(100, 2000);
  const rows = Array.from({ length: count }, (_, index): Row => [100 + (index % 700), 'bulk']);
  const sql = `INSERT INTO ${name}.t SELECT 100 + number % 700, 'bulk' FROM numbers(${count})`;
  return sqlStep(model, name, sql, withRows(table, rows));
}

const snapshotsMax = 3;

/** Makes a snapshot of all tables, or drops the oldest where there are enough. */
function snapshotStep(model: Model, number: number, random: Random): Step {
  const snapshots = new Map(model.snapshots);
  const [oldest] = snapshots.keys();
  const isDrop = oldest !== undefined && (snapshots.size >= snapshotsMax || random.chance(30));
  if (isDrop) snapshots.delete(oldest);
  else snapshots.set(`s${number}`, model.tables);
  const list = tableNames.map((name) => `${name}.t`).join(', ');
  const sql = isDrop ? `DROP SNAPSHOT ${oldest}` : `CREATE SNAPSHOT s${number} OF ${list}`;
  return { command: { do: 'execute', sql }, after: { ...model, snapshots } };
}

function upkeepStep(model: Model, name: TableName, random: Random): Step {
  const table = model.tables[name];
  const percent = random.int(0, 99);
  if (percent < 15) {
    return sqlStep(model, name, `TRUNCATE TABLE ${name}.t`, emptyTable(table.isKeyed));
  }
  if (percent < 55) {
    const step = sqlStep(
      model,
      name,
      `OPTIMIZE TABLE ${name}.t ELIMINATE`,
      withoutTombstones(table),
    );
    return { ...step, eliminated: name };
  }
  return sqlStep(model, name, `OPTIMIZE TABLE ${name}.t FINAL`, table);
}

function batchStep(model: Model, number: number, random: Random): Step {
  const changed: Record<TableName, TableModel> = { ...model.tables };
  const writes: BatchWrite[] = [];
  for (let appends = random.int(0, 6); appends > 0; appends--) {
    const database = random.pick(tableNames);
    const { isKeyed } = changed[database];
    const changes: BatchWrite['changes'][number][] = [];
    for (let rows = random.int(1, 8); rows > 0; rows--) {
      const table = changed[database];
      const isDelete = random.chance(35) && (isKeyed || table.rows.length > 0);
      const held = table.rows[random.int(0, Math.max(table.rows.length - 1, 0))];
      const row = isDelete && !isKeyed && held !== undefined ? held : pickRow(random);
      changes.push(isDelete ? remove(...row) : put(...row));
      changed[database] = withChange(table, row, isDelete);
    }
    writes.push({ database, isKeyed, changes });
  }
  if (random.chance(8)) return { command: { do: 'batch', writes, commit: null }, after: model };
  const text = `step ${number}`;
  return {
    command: { do: 'batch', writes, commit: { source: 'model', text } },
    after: { ...model, tables: changed, checkpoint: text },
  };
}

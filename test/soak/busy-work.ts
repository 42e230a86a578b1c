// Changes rows of all busy tables, so many a second, by transactions of a few changes: inserts, updates, deletes, keys
// that change, in their case alone too, rows that go from one value to another and back, and ROLLBACK.
import { setTimeout as delay } from 'node:timers/promises';
import type { PoolConnection } from 'mysql2/promise';
import type { Server } from '../servers/index.js';
import { createRandom, type Random } from '../workload/index.js';
import { busyTables, selectRowsOf, whereRow, type BusyTable } from './busy-tables.js';

export interface BusyWork {
  /** Row changes that were committed up to now. */
  changes: () => number;
  transactions: () => number;
  /** Resolves when the last transaction has ended. */
  stop: () => Promise<void>;
}

const sessions = 2;
const statementsMax = 6;
const rowsMax = 6;
/** What a stall has held up is not made up for in one go. */
const debtMaxMs = 2_000;
const deadlockErrnos: ReadonlySet<number> = new Set([1205, 1213]);

/** Begins to change rows. Errors: `stop` rejects where a statement failed. */
export function startBusyWork(
  server: Server,
  options: { seed: number; rowsPerTable: number; changesPerSecond: number },
): BusyWork {
  const state = { isStopped: false, changes: 0, transactions: 0 };
  const random = createRandom(options.seed);
  const tables = busyTables();
  const run = async (): Promise<void> => {
    const connection = await server.connection.getConnection();
    let dueMs = performance.now();
    try {
      while (!state.isStopped) {
        const done = await runTransaction(connection, tables, random, options.rowsPerTable);
        state.changes += done;
        state.transactions += 1;
        dueMs += (done * sessions * 1000) / options.changesPerSecond;
        dueMs = Math.max(dueMs, performance.now() - debtMaxMs);
        if (dueMs > performance.now()) await delay(dueMs - performance.now());
      }
    } finally {
      connection.destroy();
    }
  };
  const work = Promise.all(Array.from({ length: sessions }, run));
  work.catch(() => undefined);
  return {
    changes: () => state.changes,
    transactions: () => state.transactions,
    stop: async () => {
      state.isStopped = true;
      await work;
    },
  };
}

/** Gives how many rows it has changed. */
async function runTransaction(
  connection: PoolConnection,
  tables: readonly BusyTable[],
  random: Random,
  rowsPerTable: number,
): Promise<number> {
  const statements = Array.from({ length: random.int(1, statementsMax) }, () => {
    const table = tables[random.int(0, tables.length - 1)];
    return table === undefined ? 'DO 0' : statementOf(table, random, rowsPerTable);
  });
  // One row that each transaction changes, as a counter: it never is the same for long.
  const counter = 'UPDATE d.t0 SET v = v ^ 1 WHERE id = 0';
  const isUndone = random.chance(4);
  const sql = ['START TRANSACTION', ...statements, counter, isUndone ? 'ROLLBACK' : 'COMMIT'];
  try {
    const [results] = await connection.query(sql.join(';\n'));
    return isUndone || !Array.isArray(results) ? 0 : results.reduce(addChanges, 0);
  } catch (error) {
    const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
    if (!deadlockErrnos.has(errno)) throw error;
    await connection.query('ROLLBACK');
    return 0;
  }
}

function addChanges(sum: number, result: unknown): number {
  if (result === null || typeof result !== 'object' || !('affectedRows' in result)) return sum;
  const { affectedRows, info } = result as { affectedRows: number; info: string };
  const changed = /Changed: (\d+)/.exec(info)?.[1];
  return sum + (changed === undefined ? affectedRows : Number(changed));
}

function statementOf(table: BusyTable, random: Random, rowsPerTable: number): string {
  const { name, key } = table;
  // A tenth of the numbers have no row at first.
  const some = (): number => random.int(0, Math.ceil(rowsPerTable * 1.1));
  const numbers = Array.from({ length: random.int(1, rowsMax) }, some);
  const one = whereRow(table, some());
  const rows = numbers.map((n) => whereRow(table, n)).join(' OR ');
  // Of three rows that are alike some stay.
  const limit = key.length === 0 ? ` LIMIT ${random.int(1, 4)}` : '';
  const value = table.values.at(-1);
  const other = `${value?.name ?? 'v'} = ${value?.value(String(some())) ?? '0'}`;
  const list = numbers.map((n) => `SELECT ${n} AS n`).join(' UNION ALL ');
  const insert = `INSERT IGNORE INTO d.${name} ${selectRowsOf(table, `(${list}) AS s`)}`;
  const update = `UPDATE d.${name} SET v = v ^ ${random.int(1, 9)}, ${other} WHERE ${rows}${limit}`;
  const remove = `DELETE FROM d.${name} WHERE ${rows}${limit}`;
  return random.pick([
    insert,
    insert,
    update,
    update,
    update,
    remove,
    changeKey(table, one, some()),
  ]);
}

/** Gives a row the key of another number, or its own in other letters. */
function changeKey({ name, key, isTextKey }: BusyTable, where: string, n: number): string {
  if (key.length === 0) return `UPDATE d.${name} SET g = g + 1 WHERE ${where} LIMIT 1`;
  const [first] = key;
  const isSame = n % 2 === 0 && isTextKey && first !== undefined;
  const values = isSame
    ? [
        `${first.name} = if(binary ${first.name} = binary upper(${first.name}), lower(${first.name}), upper(${first.name}))`,
      ]
    : key.map((each) => `${each.name} = ${each.value(String(n))}`);
  return `UPDATE IGNORE d.${name} SET ${values.join(', ')} WHERE ${where}`;
}

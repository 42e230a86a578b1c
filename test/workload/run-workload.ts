import type { PoolConnection, ResultSetHeader } from 'mysql2/promise';
import type { Server } from '../servers/index.js';
import { createRandom, type Random } from './random.js';
import { changeStatement, insertRows } from './statements.js';
import { createTableSql, type WorkloadTable } from './table.js';
import { workloadTables } from './tables.js';

export interface WorkloadOptions {
  seed: number;
  database: string;
  /** Stops after this many row changes that were committed. */
  rowChanges: number;
  /** Goes on for as long as this is true, whatever `rowChanges` says. */
  goesOn?: () => boolean;
  /** Waited for before each step: a copy on the same machine has to keep up. */
  pace?: () => Promise<unknown>;
}

/** What a workload did. */
export interface WorkloadResult {
  tables: readonly string[];
  /** Changes of rows in committed transactions, as the server counted them. */
  rowChanges: number;
  transactions: number;
  rollbacks: number;
  savepoints: number;
  truncates: number;
  failedStatements: number;
}

interface Run {
  random: Random;
  connection: PoolConnection;
  database: string;
  tables: readonly WorkloadTable[];
  result: Omit<WorkloadResult, 'tables'>;
}

/**
 * Makes the tables of the workload in `database` and changes them at random until `rowChanges`
 * changes are committed. The same seed sends the same statements.
 */
export async function runWorkload(
  server: Server,
  options: WorkloadOptions,
): Promise<WorkloadResult> {
  const random = createRandom(options.seed);
  const tables = workloadTables(server.kind === 'mariadb' ? 'mariadb' : 'mysql');
  const connection = await server.connection.getConnection();
  const counts = { rowChanges: 0, transactions: 0, rollbacks: 0, savepoints: 0 };
  const result = { ...counts, truncates: 0, failedStatements: 0 };
  const run: Run = { random, connection, database: options.database, tables, result };
  try {
    // Values that don't fit are cut, and zero dates let in.
    await connection.query("SET sql_mode = '', time_zone = '+00:00'");
    await makeTables(run);
    while (result.rowChanges < options.rowChanges || options.goesOn?.() === true) {
      await options.pace?.();
      await step(run);
    }
  } finally {
    connection.release();
  }
  return { ...result, tables: tables.map((table) => table.name) };
}

async function makeTables(run: Run): Promise<void> {
  await run.connection.query(`CREATE DATABASE ${run.database} CHARACTER SET utf8mb4`);
  for (const table of run.tables) {
    await run.connection.query(createTableSql(run.database, table));
    const sql = insertRows(run.random, table, fullName(run, table), 50);
    run.result.rowChanges += (await change(run, sql)).affectedRows;
  }
}

async function step(run: Run): Promise<void> {
  const { random, result } = run;
  const kind = random.int(1, 1000);
  if (kind <= 5) {
    await run.connection.query(`TRUNCATE TABLE ${fullName(run, anyTable(run))}`);
    result.truncates += 1;
  } else if (kind <= 300) {
    result.rowChanges += await changeAnyTable(run);
    result.transactions += 1;
  } else {
    await transaction(run);
  }
}

/** A transaction over several tables, with savepoints, committed or rolled back. */
async function transaction(run: Run): Promise<void> {
  const { random, connection, result } = run;
  await connection.query('START TRANSACTION');
  let changes = await changeTables(run, random.int(1, 5));
  if (random.chance(25)) {
    await connection.query('SAVEPOINT s1');
    const inside = await changeTables(run, random.int(1, 3));
    if (random.chance(60)) await connection.query('ROLLBACK TO s1');
    else changes += inside;
    changes += await changeTables(run, random.int(0, 2));
    result.savepoints += 1;
  }
  if (random.chance(12)) {
    await connection.query('ROLLBACK');
    result.rollbacks += 1;
    return;
  }
  await connection.query('COMMIT');
  result.rowChanges += changes;
  result.transactions += 1;
}

async function changeTables(run: Run, count: number): Promise<number> {
  let changes = 0;
  for (let done = 0; done < count; done += 1) changes += await changeAnyTable(run);
  return changes;
}

async function changeAnyTable(run: Run): Promise<number> {
  const table = anyTable(run);
  const sql = changeStatement(run.random, table, fullName(run, table));
  const { affectedRows, failed } = await change(run, sql);
  if (failed) run.result.failedStatements += 1;
  return affectedRows;
}

/** Runs a statement that may fail for a key that is taken: the server takes its changes back. */
async function change(run: Run, sql: string): Promise<{ affectedRows: number; failed: boolean }> {
  try {
    const [header] = await run.connection.query<ResultSetHeader>(sql);
    return { affectedRows: header.affectedRows, failed: false };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ER_DUP_ENTRY') return { affectedRows: 0, failed: true };
    throw new Error(`seed ${run.random.seed}: ${sql.slice(0, 500)}`, { cause: error });
  }
}

function anyTable(run: Run): WorkloadTable {
  const table = run.tables[run.random.int(0, run.tables.length - 1)];
  if (table === undefined) throw new Error('the workload has no tables');
  return table;
}

function fullName(run: Run, table: WorkloadTable): string {
  return `${run.database}.${table.name}`;
}

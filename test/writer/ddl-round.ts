import type { ExecutionContext } from 'ava';
import { FlashError } from '../../src/protocol/index.js';
import { tableDifferences } from '../e2e/replay-case.js';
import type { Server } from '../servers/index.js';
import type { Random } from '../workload/index.js';
import { alterTable, createTable, insertRow } from './random-ddl.js';
import { openScratchEngine, record, replayFiles } from './recorded-log.js';

const modes = ['', 'STRICT_TRANS_TABLES', 'NO_ZERO_DATE,STRICT_ALL_TABLES', 'ALLOW_INVALID_DATES'];

/** What became of the ALTER statements of a round. */
export interface RoundResult {
  altered: number;
  /** Reasons of stops, with the statement. */
  stops: string[];
  /** Tables that differ, with all that was done to them. */
  wrong: string[];
}

/**
 * Runs random DDL against filled tables, each in a database of its own, and replays the log; a table
 * that the run stops at is left out, and the run goes on.
 */
export async function runDdlRound(
  t: ExecutionContext,
  server: Server,
  random: Random,
  tables: number,
): Promise<RoundResult> {
  const done = new Map<string, string[]>();
  const prefix = `g${random.int(0, 1 << 30)}_`;
  const result: RoundResult = { altered: 0, stops: [], wrong: [] };
  const files = await record(server, async () => {
    for (let index = 0; index < tables; index += 1) {
      const statements = await fillTable(server, random, `${prefix}${index}`);
      done.set(`${prefix}${index}`, statements);
      result.altered += statements.filter((sql) => sql.startsWith('ALTER')).length;
    }
  });
  const engine = await openScratchEngine(t);
  const exclude: string[] = [];
  for (;;) {
    const stop = await replayOn(engine, files, exclude);
    if (stop === undefined) break;
    exclude.push(stop.table);
    const database = stop.table.slice(0, -2);
    // These say that the table is not what we took it for.
    const isWrong = /is not the table that is known|engine refuses|does not hold/.test(stop.reason);
    if (isWrong) result.wrong.push([...(done.get(database) ?? []), stop.reason].join('\n  '));
    else result.stops.push(stop.reason);
  }
  for (const [database, statements] of done) {
    if (exclude.includes(`${database}.t`)) continue;
    const found = await tableDifferences(server, engine, { database, table: 't' });
    if (found.length > 0) result.wrong.push([...statements, ...found].join('\n  '));
  }
  await engine.close();
  for (const database of done.keys()) await server.query(`DROP DATABASE ${database}`);
  return result;
}

/** Replays until a stop, and gives the table and the reason; undefined where there was none. */
async function replayOn(
  engine: Awaited<ReturnType<typeof openScratchEngine>>,
  files: readonly string[],
  exclude: readonly string[],
): Promise<{ table: string; reason: string } | undefined> {
  try {
    await replayFiles(engine, files, { exclude });
    return undefined;
  } catch (error) {
    const table = error instanceof FlashError ? (error.place.table ?? named(error)) : undefined;
    if (table === undefined || exclude.includes(table) || !(error instanceof Error)) throw error;
    return { table, reason: error.message.replaceAll(table, 't') };
  }
}

/** The engine names a table in its message alone. */
function named({ message }: FlashError): string | undefined {
  const [, database, table] = /`(\w+)`\.`(\w+)`/.exec(message) ?? [];
  return database === undefined || table === undefined ? undefined : `${database}.${table}`;
}

async function fillTable(server: Server, random: Random, database: string): Promise<string[]> {
  const connection = await server.connection.getConnection();
  const statements: string[] = [];
  let refused = 0;
  const run = async (sql: string): Promise<boolean> => {
    try {
      await connection.query(sql);
      statements.push(sql);
      return true;
    } catch {
      refused += 1;
      return false;
    }
  };
  try {
    await connection.query(`CREATE DATABASE ${database}; USE ${database}; SET sql_mode = ''`);
    let created = createTable(random);
    while (!(await run(created.sql)) && refused < 50) created = createTable(random);
    let { table } = created;
    let id = 1;
    const insert = async (count: number): Promise<void> => {
      for (const end = id + count; id < end; id += 1) await run(insertRow(random, table, id));
    };
    await insert(8);
    await run(`UPDATE t SET id = ${id + 100} WHERE id = 2`);
    for (let change = 0; change < 3; change += 1) {
      await run(`SET sql_mode = '${random.pick(['', modes[1] ?? '', ...modes])}'`);
      for (let tries = 0; tries < 6; tries += 1) {
        const alter = alterTable(random, table, change * 10 + tries);
        if (!(await run(alter.sql))) continue;
        ({ table } = alter);
        break;
      }
      await run("SET sql_mode = ''");
      await insert(2);
      await run(`DELETE FROM t WHERE id = ${id - 4}`);
    }
  } finally {
    connection.destroy();
  }
  return statements;
}

import type { Server } from '../../servers/index.js';
import type { Random } from '../../workload/index.js';

interface RandomTable {
  name: string;
  isKeyless: boolean;
}

const actions = ['CASCADE', 'CASCADE', 'SET NULL', 'RESTRICT'] as const;

/**
 * Makes tables of parents and children at random in the database `d`, and changes them at random, in
 * transactions, with savepoints, REPLACE, statements over several rows and tables, and with
 * foreign_key_checks on and off. Statements that the server refuses are part of it.
 *
 * `hasKeys`: all tables have a primary key, and it is what foreign keys refer to.
 * Shape: the names of the tables.
 */
export async function runRandomKeys(
  server: Server,
  random: Random,
  statements: number,
  { hasKeys = false }: { hasKeys?: boolean } = {},
): Promise<string[]> {
  const connection = await server.connection.getConnection();
  const run = async (sql: string): Promise<boolean> => {
    try {
      await connection.query(sql);
      return true;
    } catch {
      return false;
    }
  };
  try {
    await connection.query(
      `SET foreign_key_checks = 0; DROP DATABASE IF EXISTS d; SET foreign_key_checks = 1; CREATE DATABASE d; USE d`,
    );
    const tables: RandomTable[] = [];
    for (let number = 0; number < 6; number += 1) {
      const table = { name: `t${number}`, isKeyless: !hasKeys && random.chance(30) };
      if (await run(createTable(random, table, tables, hasKeys))) tables.push(table);
    }
    for (let done = 0; done < statements; done += 1) await run(statement(random, tables));
    await connection.query('COMMIT');
    return tables.map(({ name }) => name);
  } finally {
    await connection.query('ROLLBACK; SET foreign_key_checks = 1');
    connection.release();
  }
}

function createTable(
  random: Random,
  { name, isKeyless }: RandomTable,
  earlier: readonly RandomTable[],
  hasKeys: boolean,
): string {
  const key = isKeyless ? 'id INT' : 'id INT PRIMARY KEY';
  const parts = [key, 'u INT', 'f0 INT', 'f1 INT', 'v VARCHAR(9)', 'UNIQUE (u)'];
  for (const column of ['f0', 'f1']) {
    if (random.chance(20)) continue;
    const isSelf = !isKeyless && (earlier.length === 0 || random.chance(15));
    const parent = isSelf ? { name, isKeyless } : pick(random, earlier);
    if (parent === undefined) continue;
    const referred = parent.isKeyless || (!hasKeys && random.chance(20)) ? 'u' : 'id';
    const onUpdate = isSelf ? 'RESTRICT' : random.pick(actions);
    parts.push(
      `FOREIGN KEY (${column}) REFERENCES ${parent.name} (${referred}) ON DELETE ${random.pick(actions)} ON UPDATE ${onUpdate}`,
    );
  }
  if (!isKeyless && random.chance(30)) {
    // A child whose primary key is its foreign key: an update of the parent moves its rows.
    const parent = pick(random, earlier);
    if (parent !== undefined && !parent.isKeyless) {
      parts.push(
        `FOREIGN KEY (id) REFERENCES ${parent.name} (id) ON DELETE CASCADE ON UPDATE CASCADE`,
      );
    }
  }
  return `CREATE TABLE ${name} (${parts.join(', ')})`;
}

function statement(random: Random, tables: readonly RandomTable[]): string {
  const table = pick(random, tables)?.name ?? 't0';
  const other = pick(random, tables)?.name ?? 't0';
  const id = (): number => random.int(1, 12);
  const value = (): string => (random.chance(35) ? 'NULL' : String(id()));
  const row = (): string => `(${id()},${value()},${value()},${value()},'${random.int(0, 9)}')`;
  const rows = (): string => Array.from({ length: random.int(3, 12) }, row).join(',');
  const from = id();
  switch (random.int(0, 19)) {
    case 0:
      return 'BEGIN';
    case 1:
      return random.chance(70) ? 'COMMIT' : 'ROLLBACK';
    case 2:
      return random.chance(60) ? 'SAVEPOINT s' : 'ROLLBACK TO s';
    case 3:
      return `SET foreign_key_checks = ${random.chance(20) ? 0 : 1}`;
    case 4:
    case 5:
      return `DELETE FROM ${table} WHERE id BETWEEN ${from} AND ${from + random.int(0, 2)}`;
    case 6:
      return `DELETE FROM ${table} WHERE ${random.pick(['u', 'f0', 'f1'])} = ${id()} LIMIT 2`;
    case 7:
    case 8:
      return `UPDATE ${table} SET id = ${id()} WHERE id = ${from}`;
    case 9:
      return `UPDATE ${table} SET u = ${value()} WHERE id = ${from}`;
    case 10:
      return `UPDATE ${table} SET id = id + 30 WHERE id > ${from + 6} ORDER BY id DESC`;
    case 11:
      return `UPDATE ${table} SET ${random.pick(['f0', 'f1'])} = ${value()}, v = 'u' WHERE id BETWEEN ${from} AND ${from + 5}`;
    case 12:
      return `REPLACE INTO ${table} VALUES ${rows()}`;
    case 13:
      return `DELETE a, b FROM ${table} a JOIN ${other} b ON b.f0 = a.id WHERE a.id BETWEEN ${from} AND ${from + 2}`;
    case 14:
      return `INSERT INTO ${table} VALUES ${row()} ON DUPLICATE KEY UPDATE u = ${value()}, v = 'd'`;
    default:
      return `INSERT IGNORE INTO ${table} VALUES ${rows()}`;
  }
}

function pick(random: Random, tables: readonly RandomTable[]): RandomTable | undefined {
  return tables.length === 0 ? undefined : tables[random.int(0, tables.length - 1)];
}

// An engine with tables that users may not see, whose every name and value is told from all others.
import path from 'node:path';
import { openEmbeddedEngine } from '../../engine/open-engine.js';
import type { EmbeddedEngine } from '../../../src/engine/index.js';
import { queryRows, type Engine } from '../../../src/protocol/index.js';
import { Accounts, hashPassword } from '../../../src/server/index.js';
import { writeFile } from 'node:fs/promises';

/** What is in the hidden table, its columns and its comments, and nowhere else. */
export const secrets = ['zq7secret', 'zq7column', 'zq7comment', '918273645'] as const;
export const passwords = { reader: 'password-of-reader', writer: 'password-of-writer' };
export type User = keyof typeof passwords;

/** Opens an engine in the folder: `shop` may be read by `reader` and written by `writer`, `hid` by neither. */
export async function openWithSecrets(
  folder: string,
): Promise<{ engine: EmbeddedEngine; accounts: Accounts }> {
  const users = {
    reader: { password: await hashPassword(passwords.reader), read: ['shop.*'], queriesMax: 100 },
    writer: { password: await hashPassword(passwords.writer), write: ['shop.*'], queriesMax: 100 },
  };
  const file = path.join(folder, 'users.json');
  await writeFile(file, JSON.stringify({ users }), { mode: 0o600 });
  const accounts = await Accounts.open(file);
  const engine = await openEmbeddedEngine(path.join(folder, 'data'), { rights: accounts.rights });
  const columns = `id Int32, v String, zq7column Int64 COMMENT 'zq7comment'`;
  await engine.execute(`CREATE DATABASE shop; CREATE DATABASE hid;
    CREATE TABLE hid.t (${columns}) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE hid.p (${columns}) ENGINE = MergeTree ORDER BY id COMMENT 'zq7comment';
    CREATE TABLE hid.j (${columns}) ENGINE = Join(ANY, LEFT, id);
    CREATE TABLE hid.s (${columns}) ENGINE = Set;
    CREATE VIEW hid.v AS SELECT * FROM hid.t;
    CREATE TABLE shop.orders (id Int32, v String) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE shop.plain (id Int32, v String) ENGINE = MergeTree ORDER BY id;
    CREATE VIEW shop.through AS SELECT id, v FROM hid.t;
    INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b'); INSERT INTO shop.plain VALUES (1, 'a')`);
  for (const table of ['hid.t', 'hid.p', 'hid.j', 'hid.s']) {
    await engine.execute(`INSERT INTO ${table} VALUES (1, 'zq7secret', 918273645)`);
  }
  await engine.execute('CREATE SNAPSHOT snap OF hid.t, shop.orders');
  return { engine, accounts };
}

/** What stands in all tables, which attempts must leave as it is or may change in `shop` alone. */
export async function hiddenState(engine: Engine): Promise<string> {
  const rows = await queryRows(
    engine,
    `SELECT (SELECT groupArray(tuple(*)) FROM hid.t) AS t, (SELECT groupArray(tuple(*)) FROM hid.p) AS p,
      (SELECT groupArray(tuple(database, name, engine)) FROM (SELECT * FROM system.tables
        WHERE database IN ('hid', 'shop') ORDER BY database, name)) AS tables`,
  );
  return JSON.stringify(rows[0], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

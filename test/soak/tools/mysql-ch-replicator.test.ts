// Goal: mysql_ch_replicator, another program that copies MySQL, writes into a served engine as into a ClickHouse
// server. Method: the program as PyPI ships it, in a virtual environment under build/; its copy is held against the
// SELECT of the server that it copies. Without Python or the registry it is passed over.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { installPython, passOver } from '../../python-packages.js';
import { startServerOfKind } from '../../servers/index.js';
import { testSerialWith } from '../../servers/test-with.js';
import { waitUntil } from '../../until.js';
import { serveNewEngine } from '../served-engine.js';
import { textsOf } from './copied-shop.js';
import { pythonTools } from './versions.js';

const ddl = `CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
  CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60) NOT NULL, age INT, born DATE, price DECIMAL(10, 2),
    seen DATETIME, doc TEXT);
  CREATE TABLE places (user INT NOT NULL, place VARCHAR(20) NOT NULL, visits BIGINT UNSIGNED NOT NULL, PRIMARY KEY (user, place));
  INSERT INTO users (name, age, born, price, seen, doc) VALUES ('Ann', 30, '1990-01-02', 1.50, '2026-01-02 03:04:05', 'a\\tb'),
    ('Zoë ''"\\\\', NULL, NULL, NULL, NULL, NULL), ('gone', 1, '2000-02-29', 0, '1999-12-31 23:59:59', '');
  INSERT INTO places VALUES (1, 'Rome', 1), (1, 'Köln', 18446744073709551615), (2, 'Rome', 7)`;

const changes = [
  "UPDATE users SET name = 'Anna', price = price + 1 WHERE id = 1; DELETE FROM users WHERE id = 3",
  `INSERT INTO users (name, age) VALUES ('new', 5), ('it''s', NULL);
    DELETE FROM places WHERE place = 'Rome'; UPDATE places SET visits = 0`,
  `ALTER TABLE users ADD COLUMN town VARCHAR(20) AFTER age; UPDATE users SET town = 'Bonn' WHERE id = 2;
    CREATE TABLE later (k INT NOT NULL, v TEXT, PRIMARY KEY (k)); INSERT INTO later VALUES (1, NULL), (2, 'v')`,
  `ALTER TABLE users DROP COLUMN doc; TRUNCATE TABLE later; INSERT INTO later VALUES (3, 'w');
    DROP TABLE places`,
];

/** It keeps decimals as floats, and times with milliseconds. */
const asThere: readonly (readonly [string, string])[] = [
  ['price', 'toDecimal64(price, 2)'],
  ['seen', "CAST(seen, 'Nullable(DateTime)')"],
];

testSerialWith('mysql-5.7')(
  'mysql_ch_replicator copies a database into a served engine',
  async (t) => {
    t.timeout(900_000);
    const packages = await installPython('mysql-ch-replicator', pythonTools['mysql-ch-replicator']);
    if (packages.missing !== undefined) return passOver(t, packages);
    const source = await startServerOfKind('mysql-5.7');
    t.teardown(source.stop);
    await source.query(ddl);
    const served = await serveNewEngine(t);
    const data = path.join(served.work, 'binlog');
    await mkdir(data);
    const config = path.join(served.work, 'config.yaml');
    await writeFile(
      config,
      `mysql: { host: 127.0.0.1, port: ${source.port}, user: root, password: '' }
clickhouse: { host: 127.0.0.1, port: ${served.httpPort}, user: default, password: '${served.token}' }
binlog_replicator: { data_dir: '${data}', records_per_file: 1000 }
databases: shop
target_databases: { shop: twin }
check_db_updated_interval: 1
optimize_interval: 5
`,
    );
    const program = path.join(packages.folder, 'bin', 'mysql_ch_replicator');
    const run = execa(program, ['--config', config, 'run_all'], {
      ...{ all: true, reject: false, env: { TZ: 'UTC' }, cwd: served.work },
    });
    t.teardown(() => {
      run.kill('SIGTERM');
    });
    const isSame = async (table: string, columns: string, order: string): Promise<boolean> => {
      const wanted = await source.query(`SELECT ${columns} FROM shop.${table} ORDER BY ${order}`);
      const mine = asThere.reduce((list, [name, there]) => list.replace(name, there), columns);
      const found = await served
        .query(`SELECT ${mine} FROM twin.${table} ORDER BY ${order}`)
        // Its tables come one after the other.
        .catch(() => undefined);
      return isDeepStrictEqual(found, textsOf(wanted));
    };
    const users = 'id, name, age, born, price, seen';
    const waits: (() => Promise<boolean>)[][] = [
      [
        () => isSame('users', `${users}, doc`, 'id'),
        () => isSame('places', 'user, place, visits', 'user, place'),
      ],
      [() => isSame('users', `${users}, doc`, 'id')],
      [() => isSame('users', users, 'id'), () => isSame('places', 'user, place, visits', 'user')],
      [() => isSame('users', `${users}, town`, 'id'), () => isSame('later', 'k, v', 'k')],
      [() => isSame('later', 'k, v', 'k'), async () => !(await columnsOf('users')).includes('doc')],
    ];
    const columnsOf = async (table: string): Promise<(string | null)[]> => {
      const sql = `SELECT name FROM system.columns WHERE database = 'twin' AND table = '${table}'`;
      return (await served.query(sql)).map(([name]) => name ?? null);
    };
    for (const [step, checks] of waits.entries()) {
      const change = changes[step - 1];
      if (change !== undefined) await source.query(`USE shop; ${change}`);
      for (const check of checks) {
        await waitUntil(`step ${step} is there`, check).catch(async (error: unknown) => {
          t.log(await readFile(path.join(data, 'shop', 'db_replicator.log'), 'utf8'));
          throw error;
        });
      }
    }
    t.deepEqual(await columnsOf('places'), [], 'the table is dropped');
    t.deepEqual(await columnsOf('later'), ['k', 'v', '_version']);
  },
);

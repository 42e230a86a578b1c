import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { binlogArgs, runCliWell, temporaryFolder } from '../e2e/cli.js';
import { differences } from '../e2e/replay-case.js';
import { dumpServer } from '../load/dump-server.js';
import { type Server, type ServerKind, startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { chooseSeed, createRandom, type Random } from '../workload/index.js';

const rows = Number(process.env['DUMP_ROWS'] ?? 5_000_000);
const tables = 20;
const rowsPerTable = Math.ceil(rows / tables);
const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];
const transactionsAfter = 100;
const timeoutMs = 1_800_000;

for (const kind of kinds) {
  testSerialWith(kind)(
    `${kind}: a database is dumped while it works, and its logs go on from the dump`,
    async (t) => {
      t.timeout(timeoutMs);
      const seed = chooseSeed();
      t.log(`SEED=${seed}, ${rows} rows in ${tables} tables`);
      const server = await startServerOfKind(kind, { args: ['--innodb-buffer-pool-size=1G'] });
      t.teardown(server.stop);
      await fill(server);
      const { file, during, after } = await dumpUnderWork(t, server, createRandom(seed));
      t.log(`${during} transactions while it was dumped, ${after} after it`);
      t.true(during > 10, 'the database worked while it was dumped');
      await server.flushLogs();
      const engine = path.join(temporaryFolder(t), 'engine');
      await runCliWell(['write', '--engine', engine, '--dump', file]);
      await runCliWell(['write', '--engine', engine, ...binlogArgs(server.binlogFiles())]);
      t.deepEqual(await differences(server, 'd', engine), [], `SEED=${seed}`);
    },
  );
}

async function fill(server: Server): Promise<void> {
  const digits = ['a', 'b', 'c', 'd', 'e', 'f'];
  const number = digits.map((digit, place) => `${digit}.n * ${10 ** place}`).join(' + ');
  await server.query(`CREATE DATABASE d CHARACTER SET utf8mb4; USE d; CREATE TABLE digits (n INT);
    INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
    CREATE TABLE numbers (n INT PRIMARY KEY);
    INSERT INTO numbers SELECT ${number} FROM ${digits.map((d) => `digits ${d}`).join(', ')}
      WHERE ${number} < ${rowsPerTable}`);
  for (let i = 0; i < tables; i += 1) {
    // Two have no key: each change reads all of such a table.
    const key = i % 10 === 3 ? '' : ' PRIMARY KEY';
    await server.query(`USE d; CREATE TABLE t${i} (id BIGINT NOT NULL${key}, v INT UNSIGNED NOT NULL,
        price DECIMAL(12,2), name VARCHAR(60), raw BLOB, made DATETIME(3) NOT NULL);
      INSERT INTO t${i} SELECT n, crc32(n), n / 7, if(n % 9 = 0, NULL, concat('ü''\\\\', crc32(n))),
        unhex(sha2(n, 256)), '2026-01-01' + INTERVAL n SECOND FROM numbers`);
  }
  await server.query('DROP TABLE d.digits, d.numbers');
}

/** Dumps the server, with transactions over several tables before, during and after it. */
async function dumpUnderWork(
  t: ExecutionContext,
  server: Server,
  random: Random,
): Promise<{ file: string; during: number; after: number }> {
  const args = ['--single-transaction', '--source-data=2', '--databases', 'd'];
  let during = 0;
  let after = 0;
  let isDumped = false;
  let next = rowsPerTable;
  const work = async (): Promise<void> => {
    while (!isDumped || after < transactionsAfter) {
      await transaction(server, random, (next += 10));
      if (isDumped) after += 1;
      else during += 1;
    }
  };
  const [file] = await Promise.all([
    dumpServer(t, server, args).finally(() => {
      isDumped = true;
    }),
    work(),
  ]);
  return { file, during, after };
}

async function transaction(server: Server, random: Random, next: number): Promise<void> {
  const [one, other] = [random.int(0, tables - 1), random.int(0, tables - 1)];
  const at = random.int(0, rowsPerTable - 1);
  await server.query(`BEGIN;
    UPDATE d.t${one} SET v = v ^ ${random.int(1, 1 << 20)}, name = 'changed' WHERE id BETWEEN ${at} AND ${at + 20};
    DELETE FROM d.t${other} WHERE id BETWEEN ${at + 5} AND ${at + 9};
    INSERT INTO d.t${one} VALUES (${next}, ${at}, NULL, 'new', x'00', '2026-11-28 01:02:03.456');
    INSERT INTO d.t${other} VALUES (${next + 1}, ${at}, 0.5, NULL, NULL, '2026-11-28 01:02:03.456');
    COMMIT`);
}

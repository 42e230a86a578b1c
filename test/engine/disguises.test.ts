// Goal: a statement on a mutable table, or on a database of the engine's own, is read as ClickHouse
// reads it, however it is written. Method: disguises that went past the SQL layer, each on a table
// whose rows and versions are looked at afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { openEmbeddedEngine } from '../../src/engine/index.js';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';

let folder = '';
let engine: Engine;
let tables = 0;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-disguises-'));
  engine = await openEmbeddedEngine(path.join(folder, 'data'));
  await engine.execute('CREATE DATABASE d');
});
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** A new table `d.aN` with the rows (1, old) and (2, old). */
async function makeTable(): Promise<string> {
  tables += 1;
  const name = `a${String(tables)}`;
  await engine.execute(`CREATE TABLE d.${name} (k Int64, v String) ENGINE = MutableMergeTree ORDER BY (k);
    INSERT INTO d.${name} VALUES (1, 'old'), (2, 'old')`);
  return name;
}

async function rowsOf(table: string): Promise<string[]> {
  const rows = await queryRows(engine, `SELECT k, v FROM d.${table} ORDER BY k`);
  return rows.map((row) => `${String(row['k'])} ${String(row['v'])}`);
}

const spaces = ['\u00a0', '\u0085', '\u2003', '\u200b', '\u3000', '\ufeff', '/**/', ' -- x\n'];

for (const space of spaces) {
  const name = Buffer.from(space).toString('hex');
  test.serial(
    `INSERT, UPDATE and DELETE behind ${name} are those of a mutable table`,
    async (t) => {
      const table = await makeTable();
      const escaped = `d.\`\\x61${table.slice(1)}\``;
      await engine.execute(
        `INSERT${space}INTO${space}${escaped}${space}VALUES (1, 'new'), (3, 'new')`,
      );
      await engine.execute(`UPDATE${space}${escaped}${space}SET v = 'set' WHERE k = 2`);
      await engine.execute(`DELETE${space}FROM${space}${escaped}${space}WHERE k = 3`);
      t.deepEqual(await rowsOf(table), ['1 new', '2 set']);
      const [raw] = await queryRows(
        engine,
        `SELRAW count() AS n, min(_INTERNAL_VERSION) AS lowest, max(_INTERNAL_DELMARK) AS deleted FROM d.${table}`,
      );
      t.not(String(raw?.['lowest']), '0', 'no row is without a version');
      t.is(Number(raw?.['deleted']), 1, 'the delete is a tombstone');
    },
  );

  test.serial(`what is refused stays refused behind ${name}`, async (t) => {
    const table = await makeTable();
    for (const sql of [
      `ALTER${space}TABLE${space}d.${table} UPDATE v = 'x' WHERE 1`,
      `ALTER${space}TABLE${space}d.${table}${space}DELETE WHERE 1`,
      `INSERT INTO d.${table} (k, v, \`_INTERNAL\\x5fVERSION\`)${space}VALUES (1, 'x', 1)`,
      `SELECT${space}"_INTERNAL\\x5FDELMARK" FROM d.${table}`,
      `DROP${space}TABLE${space}\`theflash_snap\\x73hots\`.x`,
      `DROP${space}DATABASE${space}\`theflas\\x68\``,
      `TRUNCATE${space}TABLE${space}theflash.\`checkpoint\\x73\``,
      `INSERT${space}INTO${space}\`theflas\\x68\`.versions VALUES (1)`,
    ]) {
      const error = await t.throwsAsync(engine.execute(sql), { instanceOf: FlashError }, sql);
      t.is(error.code, 'INVALID_REQUEST', `${sql}: ${error.message}`);
    }
    t.deepEqual(await rowsOf(table), ['1 old', '2 old']);
  });
}

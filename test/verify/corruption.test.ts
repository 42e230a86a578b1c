// Goal: whatever is wrong in a copy is found, with the key. Method: rows of a copy are changed by SQL: a value of each
// column of the workload, rows taken away, added and doubled. What is right is what the server has.
import { queryRows, quoteIdentifier, type Engine } from '../../src/protocol/index.js';
import type { TableResult } from '../../src/verify/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { kindsOf } from '../short-run.js';
import { chooseSeed, runWorkload, workloadTables } from '../workload/index.js';
import { openScratchEngine } from '../writer/recorded-log.js';
import { otherValue } from './corrupt.js';
import { findings, replayNow, startSource, verify } from './working-copy.js';

for (const kind of kindsOf('mariadb', 'mysql-5.7', 'mysql-9.7')) {
  testSerialWith(kind)(
    `${kind}: a changed value of each type, and rows that are missing, extra or doubled, are found`,
    async (t) => {
      const seed = chooseSeed();
      t.log(`SEED=${seed}`);
      const server = await startSource(t, kind);
      await runWorkload(server, { seed, database: 'w', rowChanges: 500 });
      const engine = await openScratchEngine(t);
      await replayNow(server, engine);
      t.deepEqual(findings(await verify(server, engine)), []);

      const changed = new Map<string, Map<string, string[]>>();
      for (const { name, primaryKey } of workloadTables(kind === 'mariadb' ? 'mariadb' : 'mysql')) {
        if (primaryKey.join() !== 'id') continue;
        const rows = await changeEachColumn(engine, name);
        if (rows.size > 0) changed.set(`w.${name}`, rows);
      }
      t.true(changed.size >= 15, `${changed.size} tables`);
      const { tables } = await verify(server, engine, { differencesMax: 1_000 });
      for (const [table, rows] of changed) {
        const found = tables.find((each) => each.table === table);
        t.is(found?.different, rows.size, `${table}, SEED=${seed}`);
        t.is(found?.missing, 0);
        t.is(found?.extra, 0);
        for (const [id, columns] of rows) {
          const row = found?.differences.find((each) => each.key?.['id'] === id);
          t.deepEqual(
            [...(row?.columns ?? [])].sort(),
            columns.sort(),
            `${table} ${id}, SEED=${seed}`,
          );
        }
      }
      t.deepEqual(
        tables.filter((each) => !changed.has(each.table)).map(countsOf),
        tables.filter((each) => !changed.has(each.table)).map(() => '0 0 0 0'),
      );
    },
  );
}

for (const kind of kindsOf('mysql-9.7', 'mysql-5.7', 'mariadb')) {
  testSerialWith(kind)(`${kind}: rows that are missing, extra or doubled are found`, async (t) => {
    const server = await startSource(t, kind);
    await server.query(`CREATE DATABASE w; USE w; CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(9));
      CREATE TABLE p (a VARCHAR(20), b DATE, v INT, PRIMARY KEY (a, b));
      CREATE TABLE m (a INT, v VARCHAR(9)); CREATE TABLE e (id INT PRIMARY KEY);
      CREATE TABLE z (id INT PRIMARY KEY, f DOUBLE); INSERT INTO z VALUES (1, 0);
      INSERT INTO k VALUES (-5, 'a'), (1, 'b'), (2, NULL), (70000, 'd');
      INSERT INTO p VALUES ('x', '2026-01-01', 1), ('X1', '2026-01-02', 2), ('é', '9999-12-31', 3);
      INSERT INTO m VALUES (1, 'a'), (1, 'a'), (1, 'a'), (NULL, NULL), (2, 'b')`);
    const engine = await openScratchEngine(t);
    await replayNow(server, engine);
    t.deepEqual(findings(await verify(server, engine)), []);
    await engine.execute(`DELETE FROM w.k WHERE id = 2; INSERT INTO w.k VALUES (80000, 'x'), (-90000, 'y');
      DELETE FROM w.p WHERE a = 'é'; INSERT INTO w.p VALUES ('x', '2026-01-03', 4);
      INSERT INTO w.m VALUES (1, 'a'), (1, 'a'), (3, 'c'); DELETE FROM w.m WHERE a IS NULL;
      INSERT INTO w.e VALUES (1); UPDATE w.z SET f = -f WHERE id = 1`);
    const { tables } = await verify(server, engine);
    t.deepEqual(
      tables.map((each) => `${each.table} ${countsOf(each)}`),
      ['w.e 0 1 0 0', 'w.k 1 2 0 0', 'w.m 1 3 0 0', 'w.p 1 1 0 0', 'w.z 0 0 1 0'],
    );
    const rows = tables.flatMap(({ differences }) =>
      differences.map(({ kind: what, key, source, copy, rows: count }) =>
        [what, JSON.stringify(key ?? source ?? copy), count].join(' '),
      ),
    );
    t.deepEqual(
      tables.at(-1)?.differences.map(({ source, copy }) => [source?.['f'], copy?.['f']]),
      [['0', '-0']],
    );
    t.deepEqual(rows.sort(), [
      'different {"id":"1"} 1',
      'extra {"a":"1","v":"a"} 2',
      'extra {"a":"3","v":"c"} 1',
      'extra {"a":"x","b":"2026-01-03"} 1',
      'extra {"id":"-90000"} 1',
      'extra {"id":"1"} 1',
      'extra {"id":"80000"} 1',
      'missing {"a":"é","b":"9999-12-31"} 1',
      'missing {"a":null,"v":null} 1',
      'missing {"id":"2"} 1',
    ]);
  });
}

function countsOf({ missing, extra, different, unsettled }: TableResult): string {
  return [missing, extra, different, unsettled].join(' ');
}

/** Changes one value of each column of a table with an `id`: which columns of which rows. */
async function changeEachColumn(engine: Engine, table: string): Promise<Map<string, string[]>> {
  const columns = await queryRows(
    engine,
    `SELECT name, type FROM system.columns WHERE database = 'w' AND table = '${table}'
     AND NOT startsWith(name, '_INTERNAL_') ORDER BY position`,
  );
  const changed = new Map<string, string[]>();
  for (const { name, type } of columns) {
    if (name === 'id') continue;
    const column = quoteIdentifier(String(name));
    const [row] = await queryRows(
      engine,
      `SELECT toString(min(id)) AS id, count() AS c FROM w.${table} WHERE ${column} IS NOT NULL`,
    );
    if (Number(row?.['c']) === 0) continue;
    const id = String(row?.['id']);
    await engine.execute(
      `UPDATE w.${table} SET ${column} = ${otherValue(column, String(type))} WHERE id = ${id}`,
    );
    changed.set(id, [...(changed.get(id) ?? []), String(name)]);
  }
  return changed;
}

// Goal: a table that the log changes between the two looks is looked at again, and no other. Method: a real server's log;
// lists that say what a look in the middle of a change would say.
import { openTableServer } from '../../src/source/index.js';
import type { ComparedTables } from '../../src/verify/compared-tables.js';
import { listSteadily } from '../../src/verify/steady-list.js';
import { testSerialWith } from '../servers/test-with.js';
import { startSource, urlOf } from './working-copy.js';

function listOf(table: string | undefined): ComparedTables {
  const source = { database: 'w', table: table ?? '' };
  const unlike = { why: 'the copy has no such table', source, alone: undefined };
  return {
    ...{ tables: [], standingStill: [], unmatched: [], known: [] },
    unlike: new Map(table === undefined ? [] : [[`w.${table}`, unlike]]),
  };
}

testSerialWith('mariadb')('a list is made again where the log changes what differs', async (t) => {
  const server = await startSource(t, 'mariadb');
  await server.query('CREATE DATABASE w; CREATE DATABASE v; CREATE TABLE v.a (id INT PRIMARY KEY)');
  const source = await openTableServer(urlOf(server));
  t.teardown(() => {
    source.close();
  });
  for (const [sql, lists] of [
    ['CREATE TABLE w.a (id INT PRIMARY KEY); DROP TABLE w.a', 2],
    ['CREATE TABLE w.a (id INT PRIMARY KEY)', 2],
    ['ALTER TABLE w.a ADD b INT', 2],
    ['RENAME TABLE w.a TO w.c', 2],
    ['RENAME TABLE w.c TO w.a', 2],
    // Others than the one that differs, and rows.
    ['ALTER TABLE v.a ADD b INT; INSERT INTO v.a VALUES (1, 1)', 1],
    ["XA START 'x'; INSERT INTO v.a VALUES (2, 2); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'", 1],
    ['DROP DATABASE w', 2],
  ] as const) {
    let count = 0;
    const { unlike } = await listSteadily(source, async () => {
      count += 1;
      if (count === 1) await server.query(sql);
      return listOf(count < 3 ? 'a' : undefined);
    });
    t.is(count, lists, sql);
    t.deepEqual([...unlike.keys()], ['w.a']);
  }
  await server.query('CREATE DATABASE w');
  let number = 0;
  const unsteady = listSteadily(source, async () => {
    number += 1;
    await server.query(`CREATE TABLE w.a (id INT PRIMARY KEY); DROP TABLE w.a`);
    return listOf('a');
  });
  await t.throwsAsync(unsteady, { message: /^w\.a: changed each of 10 times it was looked at/ });
  t.is(number, 10);
});

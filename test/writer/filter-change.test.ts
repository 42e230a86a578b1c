import { queryRows, type FlashError } from '../../src/protocol/index.js';
import { startServerOfKind } from '../servers/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openScratchEngine, replayFiles, sameRows } from './recorded-log.js';

const kind = 'mysql-5.7';
const whole = { beginning: undefined };

testSerialWith(kind)('a changed filter lets no table in without its rows', async (t) => {
  const server = await startServerOfKind(kind);
  t.teardown(server.stop);
  const engine = await openScratchEngine(t);
  await server.query(`CREATE DATABASE shop; USE shop;
    CREATE TABLE orders (id INT PRIMARY KEY); INSERT INTO orders VALUES (1), (2);
    CREATE TABLE users (id INT PRIMARY KEY); INSERT INTO users VALUES (1);
    CREATE TABLE tmp_a (id INT PRIMARY KEY); INSERT INTO tmp_a VALUES (1);
    CREATE TABLE tmp_b (id INT PRIMARY KEY); INSERT INTO tmp_b VALUES (1);
    RENAME TABLE tmp_b TO tmp_c; DROP TABLE tmp_a`);
  await server.flushLogs();
  const exclude = ['shop.orders', '*.tmp_*'];
  const first = await replayFiles(engine, server.binlogFiles(), { ...whole, exclude });
  t.deepEqual(first.unmatchedPatterns, []);
  await server.query('INSERT INTO shop.orders VALUES (3); INSERT INTO shop.users VALUES (3)');
  await server.flushLogs();
  const files = server.binlogFiles();

  const refused = [
    [{}, /made without shop\.orders, shop\.tmp_c,/],
    [{ exclude: ['*.tmp_*'] }, /made without shop\.orders,/],
    [{ include: ['shop.*'], exclude: ['*.tmp_*'] }, /made without shop\.orders,/],
    [{ exclude, rename: ['shop.users=copy.u'] }, /shop\.users is in the copy as shop\.users/],
    [{ exclude, zeroDate: 'error' }, /--zero-date null/],
  ] as const;
  for (const [options, message] of refused) {
    const run = replayFiles(engine, files, { ...whole, ...options });
    await t.throwsAsync(run, { code: 'SOURCE_MISMATCH', message });
  }
  const error = await t.throwsAsync<FlashError>(
    replayFiles(engine, files, { ...whole, exclude: ['*.tmp_*'] }),
  );
  t.regex(String(error.hint), /--exclude 'shop\.orders'.*--only 'shop\.orders'/);

  // The same set by other words is the same filter.
  await replayFiles(engine, files, { ...whole, include: ['shop.users'] });
  await sameRows(t, server, engine, 'SELECT * FROM shop.users ORDER BY id');

  // A table that is left out from now on stands still, and that is told for ever.
  await server.query('INSERT INTO shop.users VALUES (4)');
  await server.flushLogs();
  const place = { file: 'binlog.000003', offset: 4 };
  for (let run = 0; run < 2; run += 1) {
    const still = await replayFiles(engine, server.binlogFiles(), {
      ...whole,
      exclude: ['shop.*'],
    });
    t.deepEqual(still.standingStill, [{ table: 'shop.users', heldUpTo: place }]);
  }
  t.deepEqual(await queryRows(engine, 'SELECT count() AS c FROM shop.users'), [{ c: 2n }]);
  const back = replayFiles(engine, server.binlogFiles(), { ...whole, include: ['shop.users'] });
  await t.throwsAsync(back, { message: /made without shop\.users/ });
});

testSerialWith(kind)('a pattern that meets no table is told until one comes', async (t) => {
  const server = await startServerOfKind(kind);
  t.teardown(server.stop);
  const engine = await openScratchEngine(t);
  await server.query('CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY)');
  await server.flushLogs();
  const options = { ...whole, include: ['shop.oders', 'shop.orders'], exclude: ['x.later'] };
  const first = await replayFiles(engine, server.binlogFiles(), options);
  t.deepEqual(first.unmatchedPatterns, ['--include shop.oders', '--exclude x.later']);
  await server.query(
    'CREATE DATABASE x; CREATE TABLE x.later (id INT PRIMARY KEY); DROP TABLE x.later',
  );
  await server.flushLogs();
  const second = await replayFiles(engine, server.binlogFiles(), options);
  t.deepEqual(second.unmatchedPatterns, ['--include shop.oders']);
  const third = await replayFiles(engine, server.binlogFiles(), options);
  t.deepEqual(third.unmatchedPatterns, ['--include shop.oders']);
});

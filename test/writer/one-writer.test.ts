// Goal: of two writers of one copy, none applies what the other has applied. Method: the same log read twice
// at the same time, in small batches, into a table without a key, which would show each row that came twice.
import test from 'ava';
import { publishLoad } from '../../src/load/publish-load.js';
import { queryRows } from '../../src/protocol/index.js';
import { loadHistory, replay } from '../../src/writer/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openLive, startLive, urlOf } from '../source/live/live-server.js';
import { openScratchEngine } from './recorded-log.js';

const transactions = 400;
const limits = { rowsMax: 16, ageMaxMs: 1 };

testSerialWith('mariadb')('a second writer is refused, and no row comes twice', async (t) => {
  const server = await startLive(t, 'mariadb');
  await server.query('CREATE DATABASE s; CREATE TABLE s.bag (v INT)');
  const engine = await openScratchEngine(t);
  const write = async (): Promise<void> => {
    const source = await openLive(t, urlOf(server));
    await replay(source, engine, { limits });
    source.close?.();
  };
  await write();
  const refused: unknown[] = [];
  for (let round = 0; round < 10 && refused.length === 0; round += 1) {
    for (let v = 0; v < transactions; v += 1) {
      await server.query(`INSERT INTO s.bag VALUES (${v % 7})`);
    }
    for (const end of await Promise.allSettled([write(), write()])) {
      if (end.status === 'rejected') refused.push(end.reason);
    }
  }
  t.true(refused.length > 0, 'both writers met');
  for (const error of refused) t.like(error, { code: 'IN_USE', name: 'FlashError' });
  await write();
  const sql = 'SELECT v, count(*) AS n FROM s.bag GROUP BY v ORDER BY v';
  const wanted = (await server.query(sql)).map(({ v, n }) => [Number(v), Number(n)]);
  const held = (await queryRows(engine, sql)).map(({ v, n }) => [Number(v), Number(n)]);
  t.deepEqual(held, wanted);
});

test('a load does not take a copy back that has moved meanwhile', async (t) => {
  const engine = await openScratchEngine(t);
  const batch = await engine.openBatch();
  await batch.commit('binlog', '{"later": 1}');
  await batch.close();
  const position = { file: 'binlog.000001', offset: 4 };
  const checkpoint = {
    source: { flavor: 'mariadb' },
    position,
    gtidSet: '',
    sourceTimeMs: 0,
  } as const;
  for (const stored of [undefined, '{"earlier": 1}']) {
    const publish = publishLoad(engine, await loadHistory(engine), [], { checkpoint, stored });
    await t.throwsAsync(publish, { code: 'IN_USE' });
    t.is(await engine.readCheckpoint('binlog'), '{"later": 1}');
  }
});

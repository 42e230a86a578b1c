// Goal: of two writers of one copy, none applies what the other has applied. Method: the same log read twice
// at the same time, in small batches, into a table without a key, which would show each row that came twice.
import { queryRows } from '../../src/protocol/index.js';
import { replay } from '../../src/writer/index.js';
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
  for (let v = 0; v < transactions; v += 1) {
    await server.query(`INSERT INTO s.bag VALUES (${v % 7})`);
  }
  const ends = await Promise.allSettled([write(), write()]);
  const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  t.true(refused.length > 0, 'both writers met');
  for (const error of refused) t.like(error, { code: 'IN_USE', name: 'FlashError' });
  await write();
  const sql = 'SELECT v, count(*) AS n FROM s.bag GROUP BY v ORDER BY v';
  const wanted = (await server.query(sql)).map(({ v, n }) => [Number(v), Number(n)]);
  const held = (await queryRows(engine, sql)).map(({ v, n }) => [Number(v), Number(n)]);
  t.deepEqual(held, wanted);
});

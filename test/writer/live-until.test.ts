// Goal: a server that is followed up to a place or a moment is let go there, and the copy holds what
// stands before it.
import { queryRows, type Engine, type FlashError } from '../../src/protocol/index.js';
import { replay, type ReplayOptions, type ReplayResult } from '../../src/writer/index.js';
import type { Server } from '../servers/index.js';
import { flushLogsSettled } from '../servers/settled-log.js';
import { testSerialWith } from '../servers/test-with.js';
import { liveKinds, openLive, startLive, urlOf } from '../source/live/live-server.js';
import { openScratchEngine } from './recorded-log.js';

type Place = Extract<NonNullable<ReplayOptions['until']>, { position: unknown }>['position'];

/** Where the server's log ends now. */
async function endOf(server: Server): Promise<Place> {
  const isNew = server.kind === 'mysql-9.7';
  const [row] = await server.query(isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  return { file: String(row?.['File']), offset: Number(row?.['Position']) };
}

async function ids(engine: Engine): Promise<number[]> {
  const rows = await queryRows(engine, 'SELECT id FROM u.t ORDER BY id');
  return rows.map((row) => Number(row['id']));
}

for (const kind of liveKinds) {
  testSerialWith(kind)(`${kind}: following ends at a place of the log`, async (t) => {
    t.timeout(900_000);
    const server = await startLive(t, kind);
    await server.query('CREATE DATABASE u; CREATE TABLE u.t (id INT PRIMARY KEY)');
    const places: Place[] = [];
    for (const id of [1, 2, 3, 4]) {
      await server.query(`INSERT INTO u.t VALUES (${id})`);
      places.push(await endOf(server));
      if (id === 3) await flushLogsSettled(server);
    }
    const engine = await openScratchEngine(t);
    const until = async (position: Place | undefined): Promise<ReplayResult> => {
      if (position === undefined) throw new Error('no place');
      const source = await openLive(t, urlOf(server), { follow: true });
      const result = await replay(source, engine, { until: { position } });
      source.close?.();
      t.false(result.interrupted);
      return result;
    };
    t.deepEqual((await until(places[0])).position, places[0]);
    t.deepEqual(await ids(engine), [1]);
    const here = await until(places[0]);
    t.deepEqual([here.totals.transactions, here.hasMoved], [0, false]);
    await until(places[2]);
    t.deepEqual(await ids(engine), [1, 2, 3]);
    t.false((await until(places[1])).hasMoved, 'passed');
    await until(places[3]);
    t.deepEqual(await ids(engine), [1, 2, 3, 4]);
    t.false((await until(places[3])).hasMoved, 'where the log ends');
    t.false((await until(places[0])).hasMoved, 'in an earlier log');

    // A place inside of a transaction, and one that the log has not come to yet.
    const { file, offset } = await endOf(server);
    await server.query('INSERT INTO u.t VALUES (5)');
    const size = (await endOf(server)).offset - offset;
    await until({ file, offset: offset + 1 });
    t.deepEqual(await ids(engine), [1, 2, 3, 4]);
    const later = until({ file, offset: offset + 2 * size });
    await server.query('INSERT INTO u.t VALUES (6)');
    await server.query('INSERT INTO u.t VALUES (7)');
    t.deepEqual((await later).position, { file, offset: offset + 2 * size });
    t.deepEqual(await ids(engine), [1, 2, 3, 4, 5, 6]);
    const other = until({ file: 'nothing.000001', offset: 4 });
    const refused = await t.throwsAsync<FlashError>(other, { code: 'INVALID_REQUEST' });
    t.regex(refused.message, /nothing\.000001 of --until is no log of/);
  });

  testSerialWith(kind)(`${kind}: following ends at a moment`, async (t) => {
    t.timeout(900_000);
    const server = await startLive(t, kind);
    await server.query('CREATE DATABASE u; CREATE TABLE u.t (id INT PRIMARY KEY)');
    const late = 2_000_000_000;
    await server.query(
      `INSERT INTO u.t VALUES (1); SET timestamp = ${late}; INSERT INTO u.t VALUES (2)`,
    );
    const engine = await openScratchEngine(t);
    const source = await openLive(t, urlOf(server), { follow: true });
    await replay(source, engine, { until: { timeMs: late * 1000 } });
    t.deepEqual(await ids(engine), [1]);
  });
}

// Goal: a table belongs to one source, also when two writers make it at the same moment. Method: the logs of
// one real server read as two sources at once, into tables of one name; the winner goes on, the other is refused.
import test from 'ava';
import { queryRows } from '../../src/protocol/index.js';
import {
  checkOwners,
  commandsForSource,
  listSources,
  nameSource,
  replay,
} from '../../src/writer/index.js';
import { testSerialWith } from '../servers/test-with.js';
import { openLive, startLive, urlOf } from '../source/live/live-server.js';
import { openScratchEngine } from './recorded-log.js';

const rounds = 8;

testSerialWith('mariadb')('of two sources that make one table, one has it', async (t) => {
  const server = await startLive(t, 'mariadb');
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v INT);
    INSERT INTO s.t VALUES (1, 1)`);
  const engine = await openScratchEngine(t);
  const write = async (name: string | undefined, to: string): Promise<void> => {
    const source = await openLive(t, urlOf(server));
    try {
      await replay(source, nameSource(engine, name), { rename: [`s.*=${to}.*`] });
    } finally {
      source.close?.();
    }
  };
  const winners: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const names = [`a${round}`, `b${round}`];
    const to = `r${round}`;
    const ends = await Promise.allSettled(names.map((name) => write(name, to)));
    const refused = ends.flatMap((end) =>
      end.status === 'rejected' ? [end.reason as unknown] : [],
    );
    t.true(refused.length > 0, `round ${round}: one table has two sources`);
    for (const error of refused) {
      t.regex(String(error), /holds the rows of the source|with rows in it|already exists/);
    }
    const isFirst = ends[0]?.status === 'fulfilled' || refused.length === 2;
    const [winner = '', loser = ''] = isFirst ? names : names.toReversed();
    // Both may have met the other's table on its way: the next run of one of them goes on.
    if (refused.length === 2) await write(winner, to);
    await t.throwsAsync(write(loser, to), { code: 'SOURCE_MISMATCH' });
    winners.push(winner);
  }
  await server.query('UPDATE s.t SET v = 7; INSERT INTO s.t VALUES (2, 8)');
  for (const [round, winner] of winners.entries()) {
    await write(winner, `r${round}`);
    const rows = await queryRows(engine, `SELECT id, v FROM r${round}.t ORDER BY id`);
    t.deepEqual(
      rows.map(({ id, v }) => [Number(id), Number(v)]),
      [
        [1, 7],
        [2, 8],
      ],
    );
    const [table] = [{ database: `r${round}`, table: 't' }];
    await t.notThrowsAsync(checkOwners(nameSource(engine, winner), [table]));
    await t.throwsAsync(checkOwners(engine, [table]), { code: 'SOURCE_MISMATCH' });
  }
  await write(undefined, 'plain');
  t.true((await listSources(engine)).includes(undefined));
});

test('a name that can not be is refused', async (t) => {
  const engine = await openScratchEngine(t);
  for (const name of ['', 'A', 'a.b', "a'b", 'x'.repeat(33)]) {
    t.throws(() => nameSource(engine, name), { code: 'INVALID_REQUEST' });
  }
  t.is(nameSource(engine, undefined), engine);
});

test('commands in hints are those of the source', (t) => {
  const hint =
    'Copy it anew: theflash write --resync a.t. Then theflash verify --source URL, or theflash scan.';
  t.is(
    commandsForSource(hint, 'x'),
    'Copy it anew: theflash write --source x --resync a.t. Then theflash verify --source-name x --source URL, or theflash scan.',
  );
  t.is(commandsForSource(commandsForSource(hint, 'x'), 'x'), commandsForSource(hint, 'x'));
  t.is(commandsForSource(hint, undefined), hint);
});

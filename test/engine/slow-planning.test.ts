// Goal: a query that takes long to plan sees whole transactions only, and holds up no commit. Method: the bank of three
// tables, whose money is always the same, moved by a writer without a pause; beside it each way to read it that a query has, with a slow
// scalar subquery before, between or after the tables, over TCP's scans and over HTTP. While a query waits,
// commits go on, and what it gives is all the money.
import test, { type ExecutionContext } from 'ava';
import { queryRows } from '../../src/protocol/index.js';
import { send, startHttp, type HttpServer } from '../server/http/http-server.js';
import { waitUntil } from '../until.js';
import { chooseSeed, createRandom } from '../workload/random.js';
import { audit, foundBanks, moneyInAll, moveMoney } from './bank/bank.js';

/** A subquery that takes half a second, and can be cancelled at any moment of it; longer where it stands in `lengthen`. */
const slow = '(SELECT sum(sleepEachRow(0.05)) FROM numbers(10))';
const lengthen = (sql: string): string => sql.replaceAll('numbers(10)', 'numbers(1200)');
const settings = 'SETTINGS max_block_size = 1, max_threads = 2';
/** Commits while one query is planned; a held lock would let in one at its begin. */
const commitsMin = 4;
const sum = (table: string): string => `(SELECT sum(toInt64(v)) FROM ${table})`;
const [a, b, c] = ['bank_a.t', 'bank_b.t', 'bank_c.t'] as const;

/** Ways to read all the money as `total`. */
const ways: Readonly<Record<string, string>> = {
  first: `SELECT ${slow} + ${sum(a)} + ${sum(b)} + ${sum(c)} AS total`,
  between: `SELECT ${sum(a)} + ${slow} + ${sum(b)} + ${slow} + ${sum(c)} AS total`,
  with: `WITH ${slow} AS s, ${sum(a)} AS m SELECT s + m + ${sum(b)} + ${sum(c)} AS total`,
  cte: `WITH ta AS (SELECT v FROM ${a}), u AS (SELECT v, ${slow} AS s FROM ${b})
    SELECT sum(toInt64(v)) + ${sum('u')} + ${sum(c)} AS total FROM ta`,
  unqualified: `WITH m AS (SELECT v FROM ${a} UNION ALL SELECT v FROM ${b}) SELECT ${slow} + sum(toInt64(v)) AS total
    FROM (SELECT v FROM m UNION ALL SELECT v FROM ${c}) AS m2`,
  join: `SELECT sum(toInt64(x.v) + toInt64(y.v) + toInt64(z.v)) + ${slow} AS total FROM (SELECT id, v, ${slow}
    FROM ${a}) AS x JOIN ${b} AS y ON y.id = x.id JOIN ${c} AS z ON z.id = x.id`,
  comma: `SELECT sum(toInt64(p.v) + toInt64(q.v) + toInt64(r.v)) + ${slow} AS total FROM ${a} AS p, ${b} q, ${c} AS r
    WHERE p.id = q.id AND q.id = r.id AND ${slow} = 0`,
  set: `SELECT sum(toInt64(v)) AS total FROM (SELECT id, v FROM ${a} UNION ALL SELECT id, v FROM ${b} UNION ALL
    SELECT id, v FROM ${c}) WHERE id + ${slow} IN (SELECT id FROM ${b}) AND id NOT IN (SELECT id + 1000 FROM ${c})`,
  view: `SELECT ${slow} + sum(toInt64(v)) AS total FROM views.all_money`,
  'slow view': `SELECT sum(toInt64(v)) + ${sum(b)} + ${sum(c)} AS total FROM views.slow_a`,
  final: `SELECT sum(toInt64(v)) + ${slow} + ${sum(b)} + ${sum(c)} AS total FROM ${a} FINAL`,
  exists: `SELECT sum(toInt64(v)) + ${sum(b)} + ${sum(c)} AS total FROM ${a} WHERE EXISTS (SELECT ${slow} FROM ${b})`,
  'nested function': `SELECT sum(m) AS total FROM (SELECT arrayJoin([toInt64(${slow}), ${sum(a)}, ${sum(b)}, ${sum(c)}]) AS m)`,
};

/** Nothing stands for these, so commits wait; the money is right all the same. */
const notClonable: Readonly<Record<string, string>> = {
  merge: `SELECT ${slow} + (SELECT sum(toInt64(v)) FROM merge(REGEXP('^bank_[abc]$'), '^t$')) AS total`,
  'one name for a table and a CTE': `WITH t AS (SELECT v FROM ${a}) SELECT ${slow} + sum(toInt64(v)) + ${sum(b)} + ${sum(c)} AS total FROM t`,
  'a CTE with columns': `WITH t (v) AS (SELECT v FROM ${b}) SELECT ${slow} + sum(toInt64(v)) + ${sum(a)} + ${sum(c)} AS total FROM t`,
  'a kept CTE': `WITH t AS MATERIALIZED (SELECT v FROM ${b}) SELECT ${slow} + sum(toInt64(v)) + ${sum(a)} + ${sum(c)} AS total FROM t`,
  'columns by their database': `SELECT sum(toInt64(bank_a.t.v)) + ${slow} + ${sum(b)} + ${sum(c)} AS total FROM ${a}`,
  'two of a name': `SELECT sum(toInt64(bank_a.t.v) + toInt64(bank_b.t.v)) + ${slow} + ${sum(c)} AS total
    FROM ${a} JOIN ${b} ON bank_a.t.id = bank_b.t.id`,
  'name of the table': `SELECT ${slow} + ${sum(a)} + ${sum(b)} + (SELECT sum(toInt64(v)) FROM ${c} WHERE _table = 't') AS total`,
};

let server: HttpServer;
/** The writer's state, and how many transfers it has made. */
const bank = { isOver: false, transfers: 0 };
let writer: Promise<void>;

test.before(async (t) => {
  server = await startHttp();
  const { engine } = server;
  await foundBanks(engine);
  await engine.execute(`CREATE DATABASE views; CREATE DATABASE plain;
    CREATE VIEW views.ab AS SELECT id, v FROM ${a} UNION ALL SELECT id, v FROM ${b};
    CREATE VIEW views.all_money AS SELECT v FROM views.ab UNION ALL SELECT t.v FROM ${c} AS t;
    CREATE VIEW views.slow_a AS SELECT v, ${slow} AS s FROM ${a};
    CREATE TABLE plain.none (id Int32, w String) ENGINE = MutableMergeTree ORDER BY id;
    INSERT INTO plain.none SELECT number, 'x' FROM numbers(20);
    CREATE TABLE plain.money (v Int64) ENGINE = MergeTree ORDER BY v`);
  const seed = chooseSeed();
  t.log(`SEED=${seed}`);
  writer = moveMoney(
    engine,
    createRandom(seed),
    () => bank.isOver,
    () => (bank.transfers += 1),
  );
});
test.after.always(async () => {
  bank.isOver = true;
  await writer;
  await audit(server.engine);
  await server.stop();
});

/** Reads by a scan and over HTTP at once. */
async function readBoth(t: ExecutionContext, way: string, sql: string): Promise<void> {
  const text = `${sql} ${settings}`;
  const [rows, reply] = await Promise.all([
    queryRows(server.engine, text),
    send(server, '/?database=bank_a&max_execution_time=60', { body: text }),
  ]);
  t.is(Number(rows[0]?.['total']), moneyInAll, way);
  t.is(reply.text, `${moneyInAll}\n`, way);
}

/** Waits for commits while the query, which would take a minute, is planned; then cancels it. */
async function commitsGoOn(
  t: ExecutionContext,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const abort = new AbortController();
  const before = bank.transfers;
  const running = t.throwsAsync(run(abort.signal));
  await waitUntil('commits go on', () => bank.transfers >= before + commitsMin);
  abort.abort();
  t.like(await running, { code: 'CANCELLED' });
}

for (const [way, sql] of Object.entries(ways)) {
  test.serial(`planned slowly: ${way}`, async (t) => {
    await readBoth(t, way, sql);
    await commitsGoOn(t, (signal) =>
      queryRows(server.engine, lengthen(`${sql} ${settings}`), { signal }),
    );
  });
}

for (const [way, sql] of Object.entries(notClonable)) {
  test.serial(`what no clone stands for: ${way}`, async (t) => {
    await readBoth(t, way, sql);
  });
}

test.serial('functions of SQL that read tables', async (t) => {
  const { engine } = server;
  await engine.execute(`CREATE FUNCTION money_of_b AS () -> ${sum(b)};
    CREATE FUNCTION more_than_b AS x -> toInt64(x) + money_of_b();
    CREATE FUNCTION is_in_b AS x -> x IN (${b})`);
  for (let run = 0; run < 5; run += 1) {
    await readBoth(t, 'first', `SELECT money_of_b() + ${slow} + ${sum(a)} + ${sum(c)} AS total`);
    await readBoth(t, 'last', `SELECT ${sum(a)} + ${slow} + more_than_b(${sum(c)}) AS total`);
  }
  for (const name of ['money_of_b', 'more_than_b', 'is_in_b']) {
    await engine.execute(`DROP FUNCTION ${name}`);
  }
  await engine.execute('CREATE FUNCTION same AS x -> x');
  const harmless = `SELECT same(${sum(a)}) + ${slow} + ${sum(b)} + ${sum(c)} AS total`;
  await readBoth(t, 'harmless', harmless);
  await commitsGoOn(t, (signal) =>
    queryRows(engine, lengthen(`${harmless} ${settings}`), { signal }),
  );
  await engine.execute('DROP FUNCTION same');
});

test.serial(
  'names mean the same tables, and columns are called the same, as in a fast query',
  async (t) => {
    await server.engine.execute(`CREATE DATABASE st; CREATE DATABASE two;
    CREATE TABLE st.t (id Int32, v Int32) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE st.u (id Int32, v Int32) ENGINE = MutableMergeTree ORDER BY id;
    CREATE TABLE two.t (id Int32, v Int32) ENGINE = MutableMergeTree ORDER BY id;
    INSERT INTO st.t VALUES (1, 30), (2, 41); INSERT INTO st.u VALUES (1, 500), (2, 600);
    INSERT INTO two.t VALUES (1, 1000), (2, 3000)`);
    for (const query of [
      'SELECT sum(a.v), sum(t.v), {S} FROM st.t AS a JOIN two.t USING (id)',
      'SELECT sum(a.v), sum(t.v), {S} FROM st.t AS a JOIN two.t AS b USING (id)',
      'SELECT sum(t.v), {S} FROM st.t AS a JOIN (SELECT 1 AS id, 7 AS v) AS t USING (id)',
      'SELECT sum(t.v), {S} FROM st.u AS t JOIN st.t AS a USING (id)',
      'SELECT sum(v), {S} FROM two.t WHERE EXISTS (SELECT 1 FROM st.t AS z WHERE z.v = t.v)',
      'SELECT count(), {S} FROM two.t WHERE (SELECT count() FROM st.t AS z WHERE z.id = t.id) > 1',
      'SELECT *, {S} FROM st.t, st.u ORDER BY 1, 3',
      'SELECT t.*, u.*, {S} FROM st.t JOIN st.u USING (id) ORDER BY 1',
      "SELECT COLUMNS('v'), {S} FROM st.t JOIN two.t AS b USING (id) JOIN st.u USING (id) ORDER BY 1",
    ]) {
      const answer = async (zero: string): Promise<string> => {
        const body = `${query.replace('{S}', `toUInt8(${zero}) AS s`)} ${settings} FORMAT TSVWithNamesAndTypes`;
        const reply = await send(server, '/', { body });
        return reply.status === 200
          ? reply.text
          : (/^Code: \d+/.exec(reply.text)?.[0] ?? reply.text);
      };
      const [plainly, slowly] = [await answer(slow.replace('0.05', '0')), await answer(slow)];
      t.is(slowly, plainly, query);
    }
  },
);

test.serial('columns are called the same', async (t) => {
  const all = 't.v, t.id AS k, *, toInt64(v), t.v || v';
  for (const query of [
    `SELECT ${all}, id FROM ${a}`,
    `SELECT ${all}, id FROM ${a} AS t FINAL`,
    `SELECT ${all}, n.w, id FROM ${a} JOIN plain.none AS n USING (id)`,
    `SELECT ${all}, w, none.id FROM ${a} JOIN plain.none ON none.id = t.id`,
  ]) {
    const names = async (zero: string): Promise<string> => {
      const body = `${query} WHERE ${zero} = 0 LIMIT 1 ${settings} FORMAT TSVWithNamesAndTypes`;
      return (await send(server, '/', { body })).text.split('\n').slice(0, 2).join('\n');
    };
    const [plainly, slowly] = [await names('0'), await names(slow)];
    t.is(slowly, plainly);
    t.regex(plainly, /toInt64\(v\)/);
  }
});

test.serial('INSERT … SELECT into a plain table holds up no commit', async (t) => {
  const rows = [a, b, c].map((table) => `SELECT v, ${slow} AS s FROM ${table}`);
  const select = `SELECT toInt64(v) + s FROM (${rows.join(' UNION ALL ')}) ${settings}`;
  await server.engine.execute(`INSERT INTO plain.money ${select}`);
  const body = `INSERT INTO money (v) ${select}`;
  const reply = await send(server, '/?database=plain', { body });
  t.is(reply.status, 200, reply.text);
  const [row] = await queryRows(server.engine, 'SELECT toInt64(sum(v)) AS total FROM plain.money');
  t.is(Number(row?.['total']), 2 * moneyInAll);
  await commitsGoOn(t, (signal) =>
    server.engine.execute(lengthen(`INSERT INTO plain.money ${select}`), { signal }),
  );
});

test.serial('an error is that of the query', async (t) => {
  const wrong = `SELECT ${slow} + throwIf(${sum(a)} > 0, 'as it was asked') ${settings}`;
  const error = await t.throwsAsync(queryRows(server.engine, wrong));
  t.regex(error.message, /as it was asked/);
  t.regex((await send(server, '/', { body: wrong })).text, /as it was asked/);
  const unknown = await send(server, '/', {
    body: `SELECT ${slow}, nothing FROM ${a} ${settings}`,
  });
  t.regex(unknown.text, /UNKNOWN_IDENTIFIER/);
});

test.serial('no clone is left', async (t) => {
  const left = await queryRows(
    server.engine,
    `SELECT name FROM system.tables WHERE database = 'theflash_snapshots'`,
  );
  t.deepEqual(left, []);
});

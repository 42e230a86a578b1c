// Goal: dbt-clickhouse builds a project out of a copy, and builds it on when the copy has moved. Method: dbt as
// PyPI ships it, in a virtual environment under build/, on the project in dbt/; what its models hold is held
// against the SELECT of the server that is copied. Without Python or the registry it is passed over.
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../../src/build/index.js';
import { installPython, passOver } from '../../python-packages.js';
import { testSerialWith } from '../../servers/test-with.js';
import type { ServedEngine } from '../served-engine.js';
import { copyShop } from './copied-shop.js';
import { pythonTools } from './versions.js';

const ddl = `CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
  CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL, country CHAR(2) NOT NULL,
    changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6));
  CREATE TABLE orders (id BIGINT PRIMARY KEY, customer INT NOT NULL, status ENUM('new', 'paid', 'sent') NOT NULL,
    amount DECIMAL(10, 2) NOT NULL, placed DATETIME(3) NOT NULL, note TEXT,
    changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6));
  INSERT INTO customers (id, name, country) VALUES (1, 'Ann', 'de'), (2, 'Zoë \\\\ "Z"', 'fr'), (3, 'O''Neil', 'at');
  INSERT INTO orders (id, customer, status, amount, placed, note) VALUES
    (1, 1, 'new', 9.99, '2026-01-01 10:00:00.123', NULL), (2, 1, 'paid', 0.01, '2026-01-01 23:59:59.999', 'a\\tb'),
    (3, 2, 'sent', 12345678.90, '2026-01-02 00:00:00', ''), (4, 3, 'new', 5, '2026-01-03 12:00:00', 'ü'),
    (5, 3, 'new', 6.5, '2026-01-03 13:00:00', 'gone soon')`;

const changes = `USE shop; UPDATE orders SET status = 'paid', amount = amount + 1 WHERE id IN (1, 4);
  DELETE FROM orders WHERE id = 5; UPDATE customers SET country = 'at' WHERE id = 1;
  INSERT INTO orders (id, customer, status, amount, placed) VALUES
    (6, 2, 'new', 100.10, '2026-01-03 15:00:00'), (7, 1, 'new', 0.30, '2026-01-04 09:00:00')`;

/** A command of dbt; `counts` are how many nodes came to what. */
async function dbt(
  bin: string,
  served: ServedEngine,
  args: readonly string[],
): Promise<{ code: number | undefined; text: string; counts: Record<string, number> }> {
  const project = path.join(served.work, 'dbt');
  const { exitCode, all } = await execa(bin, [...args, '--no-use-colors', '--no-version-check'], {
    cwd: project,
    reject: false,
    all: true,
    env: {
      ...{ DBT_PROFILES_DIR: project, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' },
      ...{ THEFLASH_PORT: `${served.httpPort}`, DBT_ENV_SECRET_TOKEN: served.token },
    },
  });
  const file = await readFile(path.join(project, 'target', 'run_results.json'), 'utf8').catch(
    () => '{"results":[]}',
  );
  const { results } = JSON.parse(file) as { results: { status: string }[] };
  const counts: Record<string, number> = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return { code: exitCode, text: all, counts };
}

testSerialWith('mysql-5.7')('dbt builds its project on a copy, and goes on with it', async (t) => {
  t.timeout(900_000);
  const packages = await installPython('dbt', pythonTools.dbt);
  if (packages.missing !== undefined) return passOver(t, packages);
  const bin = path.join(packages.folder, 'bin', 'dbt');
  const { source, served, catchUp, select } = await copyShop(t, 'mysql-5.7', ddl);
  const folder = path.join(projectRoot, 'test/soak/tools/dbt');
  await cp(folder, path.join(served.work, 'dbt'), { recursive: true });

  const run = async (...args: string[]): Promise<Awaited<ReturnType<typeof dbt>>> => {
    const done = await dbt(bin, served, args);
    t.is(done.code, 0, done.text);
    return done;
  };

  await run('debug');
  const first = await run('build', '--exclude-resource-type', 'unit_test');
  t.deepEqual(first.counts, { success: 9, pass: 11 }, first.text);
  const logged = await select(log);
  const days = await select(byDay);
  t.deepEqual(await served.query('SELECT * FROM marts.countries ORDER BY code'), [
    ['at', 'Austria'],
    ['de', 'Germany'],
    ['fr', 'France, "la" métropole'],
  ]);
  t.deepEqual(await served.query('SELECT * FROM marts.order_view ORDER BY id'), await select(view));
  const totals = 'SELECT * FROM marts.country_totals ORDER BY country';
  t.deepEqual(await served.query(totals), await select(byCountry));
  for (const model of ['order_log', 'orders_kept']) {
    t.deepEqual(await served.query(`SELECT * FROM marts.${model} ORDER BY id`), logged, model);
  }
  t.deepEqual(await served.query('SELECT * FROM marts.days ORDER BY day'), days);
  const upserts = 'SELECT * FROM marts.order_upserts ORDER BY id';
  t.deepEqual(
    await served.query(upserts),
    logged.map((row) => row.slice(0, 3)),
  );

  await source.query(changes);
  await catchUp();
  const second = await run('build', '--exclude-resource-type', 'unit_test');
  t.deepEqual(second.counts, { success: 9, pass: 11 }, second.text);
  const now = await select(log);
  const lastSeen = max(logged.map((row) => row[3] ?? ''));
  const news = now.filter((row) => (row[3] ?? '') > lastSeen);
  t.is(news.length, 4);
  t.deepEqual(await served.query('SELECT * FROM marts.order_view ORDER BY id'), await select(view));
  t.deepEqual(await served.query(totals), await select(byCountry));
  t.deepEqual(
    await served.query('SELECT * FROM marts.order_log ORDER BY id, changed'),
    sorted([...logged, ...news]),
  );
  // What is gone from the source is kept: dbt looks at the new rows alone.
  const kept = sorted([...new Map([...logged, ...news].map((row) => [row[0], row])).values()]);
  t.deepEqual(await served.query('SELECT * FROM marts.orders_kept ORDER BY id'), kept);
  t.deepEqual(
    await served.query(upserts),
    kept.map((row) => row.slice(0, 3)),
  );
  const lastDay = max(days.map((row) => row[0] ?? ''));
  t.deepEqual(await served.query('SELECT * FROM marts.days ORDER BY day'), [
    ...days.filter((row) => (row[0] ?? '') < lastDay),
    ...(await select(byDay)).filter((row) => (row[0] ?? '') >= lastDay),
  ]);
  const history = 'SELECT id, status, amount FROM marts.order_history WHERE dbt_valid_to IS';
  t.deepEqual(
    await served.query(`${history} NULL ORDER BY id`),
    kept.map((row) => row.slice(0, 3)),
  );
  const isPast = (row: (string | null)[]): boolean => ['1', '4'].includes(row[0] ?? '');
  t.deepEqual(
    await served.query(`${history} NOT NULL ORDER BY id`),
    logged.filter(isPast).map((row) => row.slice(0, 3)),
  );
  const customers = 'SELECT id, country, dbt_valid_to IS NULL FROM marts.customer_history';
  t.deepEqual(await served.query(`${customers} WHERE id = 1 ORDER BY country`), [
    ['1', 'at', '1'],
    ['1', 'de', '0'],
  ]);

  await run('run', '--full-refresh');
  t.deepEqual(await served.query('SELECT * FROM marts.order_log ORDER BY id'), now);
  t.deepEqual(await served.query('SELECT * FROM marts.days ORDER BY day'), await select(byDay));
  await run('source', 'freshness');
  await run('docs', 'generate');
  const catalog = JSON.parse(
    await readFile(path.join(served.work, 'dbt', 'target', 'catalog.json'), 'utf8'),
  ) as Catalog;
  const columns = Object.keys(catalog.sources['source.shop_marts.shop.orders']?.columns ?? {});
  t.deepEqual(columns, ['id', 'customer', 'status', 'amount', 'placed', 'note', 'changed']);
  const { columns: shown, metadata } = catalog.nodes['model.shop_marts.order_view'] ?? noTable;
  t.is(shown['id']?.comment, "the order's number");
  t.is(
    metadata.comment,
    'Orders as they are in the copy, with the customer\'s name; "quotes" too.',
  );

  // Refused, and why: docs/operations.md, "Tools that were tried".
  const unit = await dbt(bin, served, ['test', '--select', 'test_type:unit']);
  t.is(unit.code, 1);
  t.regex(unit.text, /A temporary table does not last/);
  const refused = ['run', '--select', 'refused_view', '--vars', '{refused: true}'];
  const materialized = await dbt(bin, served, refused);
  t.is(materialized.code, 1);
  t.regex(materialized.text, /A materialized view can't read or write a mutable table/);
  await served.stop();
});

const view = `SELECT o.id, o.customer, c.name, o.status, o.amount, o.placed, o.changed
  FROM shop.orders o JOIN shop.customers c ON c.id = o.customer ORDER BY o.id`;
const log = 'SELECT id, status, amount, changed FROM shop.orders ORDER BY id';
const byDay = `SELECT CAST(DATE(placed) AS CHAR) AS day, COUNT(*), SUM(amount) FROM shop.orders
  GROUP BY 1 ORDER BY 1`;
const byCountry = `SELECT CASE country WHEN 'de' THEN 'Germany' WHEN 'at' THEN 'Austria'
    ELSE 'France, "la" métropole' END AS name, COUNT(*), SUM(amount)
  FROM shop.orders JOIN shop.customers ON customers.id = customer GROUP BY 1 ORDER BY 1`;

interface CatalogTable {
  metadata: { comment: string | null };
  columns: Record<string, { comment: string | null }>;
}

/** target/catalog.json. */
interface Catalog {
  nodes: Record<string, CatalogTable>;
  sources: Record<string, CatalogTable>;
}

const noTable: CatalogTable = { metadata: { comment: null }, columns: {} };

function max(texts: readonly string[]): string {
  return texts.reduce((one, other) => (one > other ? one : other), '');
}

/** By the first column, a number, and the last one. */
function sorted(rows: readonly (string | null)[][]): (string | null)[][] {
  return rows.toSorted((one, other) => {
    const byId = Number(one[0]) - Number(other[0]);
    return byId === 0 ? (one.at(-1) ?? '').localeCompare(other.at(-1) ?? '') : byId;
  });
}

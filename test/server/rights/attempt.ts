// Random statements that try to get at tables which a user has no right to.
import { disguise, plainOf } from '../../engine/disguise/disguise.js';
import type { Random } from '../../workload/random.js';

/** Spaces that the engine takes for one. */
const known = [' ', '\t', '\n', '/**/', '-- x\n', '/* hid.t */'] as const;

/** Where rows may be read from: each names the hidden tables in a way of its own. */
const sources = [
  ...['⟦hid⟧.⟦t⟧', '⟦hid⟧.⟦p⟧', '⟦hid⟧.⟦j⟧', '⟦hid⟧.⟦v⟧', '⟦hid⟧.⟦d⟧', '⟦shop⟧.⟦through⟧'],
  ...['⟦hid⟧.⟦t⟧ FINAL', '⟦hid⟧.⟦p⟧ SAMPLE 1', '⟦hid⟧.⟦t⟧ AT SNAPSHOT snap'],
  ...["merge('hid', '.*')", "merge(REGEXP('h.d'), 't|p')", "merge('hid', 'p')", "merge('.*')"],
  ...["dictionary('hid.d')", 'view(SELECT * FROM ⟦hid⟧.⟦t⟧)', 'loop(⟦hid⟧, ⟦t⟧)', 'loop(hid.p)'],
  ...["remote('127.0.0.1', ⟦hid⟧.⟦t⟧)", "cluster('default', ⟦hid⟧.⟦p⟧)"],
  ...[
    "mergeTreeIndex('hid', 'p')",
    "mergeTreeParts('hid', 'p')",
    "mergeTreeAnalyzeIndexes('hid', 'p')",
  ],
  ...[
    "mergeTreeProjection('hid', 'p', 'x')",
    "viewIfPermitted(SELECT * FROM hid.t ELSE null('v String'))",
  ],
  ...['viewExplain(EXPLAIN, header = 1, (SELECT * FROM ⟦hid⟧.⟦t⟧))', '⟦theflash_snapshots⟧.⟦t⟧'],
  ...['⟦system⟧.⟦columns⟧', '⟦system⟧.⟦tables⟧', '⟦system⟧.⟦parts⟧', '⟦system⟧.⟦parts_columns⟧'],
  ...[
    '⟦system⟧.⟦query_log⟧',
    '⟦system⟧.⟦processes⟧',
    '⟦system⟧.⟦dictionaries⟧',
    '⟦system⟧.⟦grants⟧',
  ],
  ...[
    '⟦system⟧.⟦query_cache⟧',
    '⟦system⟧.⟦errors⟧',
    '⟦system⟧.⟦mutations⟧',
    '⟦system⟧.⟦databases⟧',
  ],
  ...['⟦information_schema⟧.⟦columns⟧', '⟦INFORMATION_SCHEMA⟧.⟦COLUMNS⟧', '⟦theflash⟧.⟦snapshots⟧'],
  ...['(SELECT * FROM ⟦hid⟧.⟦t⟧)', "numbers(1) WHERE hasColumnInTable('hid', 't', 'zq7column')"],
] as const;

/** Statements around a query, which stands for ¤; a query among them may stand around another. */
const queries = [
  ...['SELECT * FROM (¤)', 'WITH a AS (¤) SELECT * FROM a', 'SELECT * FROM (¤) LIMIT 5'],
  ...[
    'SELECT (SELECT groupArray(toString(tuple(*))) FROM (¤))',
    'SELECT toString((SELECT * FROM (¤) LIMIT 1))',
  ],
  ...[
    "SELECT 1, 'x' UNION ALL SELECT 2, toString(tuple(*)) FROM (¤)",
    "SELECT toString(tuple(*)) FROM (¤) EXCEPT SELECT 'q'",
  ],
  ...['SELECT toString(tuple(*)) FROM (¤) INTERSECT SELECT toString(tuple(*)) FROM (¤)'],
  ...[
    'SELECT * FROM ⟦shop⟧.⟦orders⟧ AS o CROSS JOIN (¤) AS h',
    'SELECT h.* FROM (¤) AS h LEFT JOIN ⟦shop⟧.⟦plain⟧ AS o ON 1 = 1',
  ],
  ...[
    'SELECT arrayJoin(groupArray(toString(tuple(*)))) FROM (¤)',
    'SELECT anyState(tuple(*)), any(tuple(*)) FROM (¤)',
  ],
  ...[
    'WITH (SELECT groupArray(tuple(*)) FROM (¤)) AS a SELECT a',
    'SELECT x FROM (SELECT (SELECT toString(groupArray(tuple(*))) FROM (¤)) AS x)',
  ],
  ...['SELECT * FROM view(¤)', 'SELECT throwIf(1, (SELECT any(toString(tuple(*))) FROM (¤)))'],
  ...[
    'SELECT toInt8((SELECT any(toString(tuple(*))) FROM (¤)))',
    'SELECT * FROM (¤) ORDER BY ALL SETTINGS max_threads = 1',
  ],
  ...[
    "SELECT COLUMNS('.*') FROM (¤)",
    'SELECT * APPLY(toString) FROM (¤)',
    'SELECT * REPLACE(1 AS id) FROM (¤)',
  ],
] as const;

const direct = [
  ...[
    'SELECT * FROM §',
    'SELECT v FROM § WHERE id = 1',
    'SELECT * FROM § PREWHERE 1',
    'FROM § SELECT *',
    'SELECT toString(tuple(*)) FROM §',
  ],
  ...[
    'SELECT a.* FROM § AS a',
    'SELECT v, max(zq7column) FROM § GROUP BY v',
    'SELECT DISTINCT toString(tuple(*)) FROM §',
  ],
  ...[
    "SELECT dictGet('hid.d', 'v', 1)",
    "SELECT dictGetOrDefault('hid.d', 'zq7column', 1, 5)",
    "SELECT joinGet('hid.j', 'v', 1)",
    "SELECT dictGetAll('hid.d', 'v', 1)",
  ],
  ...['SELECT zq7column FROM ⟦hid⟧.⟦t⟧'],
] as const;

/** What is done with a query; the reader may do none of those that write. */
const statements = [
  ...['¤ FORMAT CSV', '¤ FORMAT Native', '¤ FORMAT JSONCompact'],
  ...[
    'EXPLAIN ¤',
    'EXPLAIN PLAN header = 1 ¤',
    'EXPLAIN QUERY TREE ¤',
    'EXPLAIN SYNTAX ¤',
    'EXPLAIN PIPELINE ¤',
    'EXPLAIN ESTIMATE ¤',
    'EXPLAIN AST ¤',
  ],
  ...[
    'DESCRIBE (¤)',
    'DESCRIBE §',
    'DESC TABLE ⟦hid⟧.⟦p⟧',
    'SHOW CREATE TABLE ⟦hid⟧.⟦t⟧',
    'SHOW CREATE VIEW ⟦hid⟧.⟦v⟧',
    'SHOW CREATE DICTIONARY ⟦hid⟧.⟦d⟧',
  ],
  ...[
    'SHOW TABLES FROM ⟦hid⟧',
    'SHOW COLUMNS FROM ⟦t⟧ FROM ⟦hid⟧',
    'SHOW INDEX FROM ⟦t⟧ FROM ⟦hid⟧',
    'SHOW FULL TABLES FROM ⟦hid⟧',
    'SHOW DICTIONARIES FROM ⟦hid⟧',
  ],
  ...[
    'EXISTS TABLE ⟦hid⟧.⟦t⟧',
    'CHECK TABLE ⟦hid⟧.⟦p⟧',
    'CHECK GRANT SELECT ON hid.t',
    'SELRAW * FROM ⟦hid⟧.⟦t⟧',
    'SHOW SNAPSHOTS',
    'SHOW GRANTS',
  ],
  ...[
    'INSERT INTO ⟦shop⟧.⟦orders⟧ SELECT 100 + rand() % 100, toString(tuple(*)) FROM (¤)',
    'INSERT INTO ⟦shop⟧.⟦plain⟧ SELECT 7, toString(tuple(*)) FROM (¤)',
  ],
  ...[
    'UPDATE ⟦shop⟧.⟦orders⟧ SET v = (SELECT toString(any(tuple(*))) FROM (¤)) WHERE id = 1',
    'DELETE FROM ⟦shop⟧.⟦orders⟧ WHERE v IN (SELECT toString(tuple(*)) FROM (¤)) OR id > 99',
  ],
  ...[
    "INSERT INTO ⟦hid⟧.⟦t⟧ VALUES (5, 'x', 1)",
    "INSERT INTO ⟦hid⟧.⟦p⟧ SELECT 5, 'x', 1",
    "UPDATE ⟦hid⟧.⟦t⟧ SET v = 'x' WHERE 1",
    'DELETE FROM ⟦hid⟧.⟦t⟧ WHERE 1',
  ],
  ...[
    'ALTER TABLE ⟦hid⟧.⟦p⟧ DELETE WHERE 1',
    'TRUNCATE TABLE ⟦hid⟧.⟦t⟧',
    'DROP TABLE ⟦hid⟧.⟦p⟧',
    'RENAME TABLE ⟦hid⟧.⟦p⟧ TO ⟦shop⟧.⟦q⟧',
    'EXCHANGE TABLES hid.p AND shop.plain',
  ],
  ...[
    'CREATE TABLE ⟦shop⟧.⟦q⟧ ENGINE = Memory AS ¤',
    'CREATE TABLE shop.q CLONE AS hid.p',
    'CREATE TABLE shop.q AS hid.p',
    'CREATE VIEW ⟦shop⟧.⟦q⟧ AS ¤',
    'CREATE TEMPORARY TABLE q AS ¤',
    'CREATE OR REPLACE VIEW shop.through SQL SECURITY DEFINER AS ¤',
  ],
  ...[
    'CREATE MATERIALIZED VIEW shop.q ENGINE = Memory POPULATE AS ¤',
    "CREATE TABLE shop.q (id Int32, v String) ENGINE = Merge('hid', '.*')",
    "CREATE DICTIONARY shop.q (id Int32, v String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'p' DB 'hid')) LAYOUT(FLAT()) LIFETIME(0)",
  ],
  ...[
    'CREATE SNAPSHOT mine OF ⟦hid⟧.⟦t⟧',
    'DROP SNAPSHOT snap',
    'ALTER TABLE shop.plain ATTACH PARTITION ALL FROM hid.p',
    'ALTER TABLE hid.p MOVE PARTITION tuple() TO TABLE shop.plain',
    "BACKUP TABLE hid.p TO Disk('d', 'b')",
    'EXPORT TABLE hid.p',
  ],
  ...[
    'GRANT SELECT ON *.* TO CURRENT_USER',
    'SET ROLE ALL',
    'SET ROLE NONE',
    'SET ROLE DEFAULT',
    'EXECUTE AS default ¤',
    'CREATE USER u',
    'SYSTEM FLUSH LOGS',
    'SYSTEM RELOAD CONFIG',
    'KILL QUERY WHERE 1',
    'OPTIMIZE TABLE hid.p FINAL',
    'USE ⟦hid⟧',
  ],
] as const;

/** One statement; with `database`, `t` and `p` are the hidden ones of a session or request in that database. */
export interface Attempt {
  sql: string;
  /** The same as anybody would write it. */
  plain: string;
  parameters: Readonly<Record<string, string>>;
}

/** Makes up a statement: a source, queries around it up to three deep, what is done with it, written in some way. */
export function attempt(random: Random): Attempt {
  const parameters: Record<string, string> = {};
  const way = random.int(0, 9);
  let source: string = random.pick(sources);
  if (way === 0) {
    source = '{d:Identifier}.{t:Identifier}';
    Object.assign(parameters, { param_d: 'hid', param_t: random.pick(['t', 'p', 'v', 'j', 'd']) });
  }
  if (way === 1) {
    source = random.pick(['⟦t⟧', '⟦p⟧', '⟦v⟧']);
    parameters['database'] = 'hid';
  }
  let query: string = random.pick(direct);
  for (let depth = random.int(0, 3); depth > 0; depth -= 1) {
    const around = random.pick(queries);
    query = around.replaceAll('¤', () => query);
  }
  const statement: string = random.chance(50) ? '¤' : random.pick(statements);
  const template = statement.replaceAll('¤', () => query).replaceAll('§', () => source);
  return { sql: disguise(template, random, known), plain: plainOf(template), parameters };
}

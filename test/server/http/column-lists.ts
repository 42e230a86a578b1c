/** Makes a mutable table, one without a key, and a view of columns. */
export const columnTables = `CREATE DATABASE db;
    CREATE TABLE db.t (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k;
    CREATE TABLE db.bag (v String) ENGINE = MutableMergeTree ORDER BY tuple();
    CREATE VIEW db.listed AS SELECT table, name FROM system.columns WHERE database = 'db'`;

/** What each of `columnLists` has to give, by `SELECT * FROM (…) WHERE t != 'listed' ORDER BY ALL`. */
export const visibleColumns = 'bag\tv\nt\tk\nt\tv\n';

/** Where a served engine lists columns: SELECTs of table and column. */
export const columnLists = {
  'system.columns': "SELECT table AS t, name AS c FROM system.columns WHERE database = 'db'",
  'other letters': 'SELECT table AS t, name AS c FROM `system` . "columns" WHERE database = \'db\'',
  'a WITH': `WITH x AS (SELECT * FROM system.columns)
    SELECT table AS t, name AS c FROM x WHERE database = 'db'`,
  'a join': `SELECT y.table AS t, y.name AS c FROM system.tables AS x JOIN system.columns AS y
    ON x.database = y.database AND x.name = y.table WHERE x.database = 'db'`,
  information_schema: `SELECT table_name AS t, column_name AS c FROM information_schema.columns
    WHERE table_schema = 'db'`,
  capitals: `SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM INFORMATION_SCHEMA.COLUMNS
    WHERE TABLE_SCHEMA = 'db'`,
};

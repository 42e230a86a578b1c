// Goal: a change that is logged as a statement is taken for one of a single table only where it can be no other. Method:
// forms of the servers' grammars (MySQL 9.7 sql/sql_yacc.yy, MariaDB 10.11 sql/sql_yacc.yy), by the table that is told.
import test from 'ava';
import { dialectOfServer, parseStatement } from '../../../src/writer/ddl/index.js';

const dialect = dialectOfServer('mysql', '9.7.0', {
  ...{ ansiQuotes: false, noBackslashEscapes: false, realAsFloat: false },
  ...{ lowerCaseTableNames: false, oracle: false },
});

function tableOf(sql: string): string | undefined {
  const statement = parseStatement(sql, 's', dialect);
  if (statement.kind !== 'row-statement') return statement.kind;
  return statement.table && `${statement.table.database}.${statement.table.table}`;
}

const single = [
  'UPDATE a SET v = 1',
  'UPDATE LOW_PRIORITY IGNORE s.a SET v = (SELECT 1 FROM b, c)',
  'UPDATE a x SET x.v = 1 WHERE id = 2',
  'UPDATE `a` AS `x` SET v = 1 ORDER BY id LIMIT 1',
  'DELETE FROM a WHERE id IN (SELECT id FROM b)',
  'DELETE QUICK FROM s.a ORDER BY id LIMIT 1',
  'DELETE FROM a AS x WHERE x.id = 1',
  'INSERT INTO a SELECT * FROM b, c',
  'REPLACE a (id) VALUES (1)',
];

const several = [
  'UPDATE a, b SET b.v = 1',
  'UPDATE a x, b y SET y.v = 1',
  'UPDATE a AS x, b AS y SET y.v = 1',
  'UPDATE a JOIN b USING (id) SET b.v = 1',
  'UPDATE a x JOIN b y USING (id) SET y.v = 1',
  'UPDATE a STRAIGHT_JOIN b SET b.v = 1',
  'UPDATE a NATURAL JOIN b SET b.v = 1',
  'UPDATE a x LEFT OUTER JOIN b USING (id) SET b.v = 1',
  'UPDATE a PARTITION (p0), b SET b.v = 1',
  'UPDATE a USE INDEX (i), b SET b.v = 1',
  'UPDATE (a, b) SET b.v = 1',
  'DELETE b FROM a JOIN b USING (id)',
  'DELETE FROM a, b USING a JOIN b USING (id)',
  'DELETE FROM a USING a JOIN b USING (id)',
];

for (const sql of single)
  test(sql, (t) => {
    t.is(tableOf(sql), 's.a');
  });

for (const sql of several)
  test(sql, (t) => {
    t.is(tableOf(sql), undefined);
  });

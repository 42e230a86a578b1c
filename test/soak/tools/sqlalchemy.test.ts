// Goal: the dialect of SQLAlchemy for ClickHouse, with pandas and the statements of Superset, read a served copy.
// Method: sqlalchemy_check.py with clickhouse-connect as PyPI ships it, in a virtual environment under build/; values
// are held against the SELECT of the server that is copied. Without Python or the registry it is passed over.
import path from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../../src/build/index.js';
import { installPython, passOver } from '../../python-packages.js';
import { testSerialWith } from '../../servers/test-with.js';
import { copyShop } from './copied-shop.js';
import { columnNames, typesDdl, typesSelect } from './types-table.js';
import { pythonTools } from './versions.js';

interface Told {
  reflection: {
    schemas: string[];
    tables: string[];
    columns: [string, string][];
    reflected: string[];
    [more: string]: unknown;
  };
  queries: unknown;
  superset: unknown;
  frame: unknown;
  cancelled: unknown;
}

testSerialWith('mysql-5.7')('SQLAlchemy, pandas and Superset read a copy', async (t) => {
  t.timeout(900_000);
  const packages = await installPython('sqlalchemy', pythonTools.sqlalchemy);
  if (packages.missing !== undefined) return passOver(t, packages);
  const { served, select } = await copyShop(t, 'mysql-5.7', typesDdl);
  await served.query("CREATE VIEW shop.paid AS SELECT * FROM shop.points WHERE kind = 'paid'");
  const script = path.join(projectRoot, 'test/soak/tools/sqlalchemy_check.py');
  const { stdout } = await execa(packages.python, [script, `${served.httpPort}`, served.token]);
  const told = JSON.parse(stdout) as Told;
  t.deepEqual(told.frame, await select(typesSelect));
  const { schemas, tables, columns, reflected, ...reflection } = told.reflection;
  t.true(schemas.includes('shop'));
  t.deepEqual(
    tables.filter((name) => name !== 'paid'),
    ['points', 'types'],
  );
  t.deepEqual(
    columns.map(([name]) => name),
    columnNames,
  );
  t.deepEqual(reflected, columnNames);
  t.deepEqual(reflection, { views: ['paid'], has: [true, false], indexes: [], foreignKeys: [] });
  t.deepEqual(told.queries, {
    joined: await select(`SELECT types.id, COUNT(*), SUM(amount) FROM shop.points
      JOIN shop.types ON points.type = types.id WHERE amount > 1.5 GROUP BY types.id ORDER BY 1`),
    bound: "it's\t\\ü%",
    names: ['Zoë \'"\\', null],
    unknown: true,
  });
  t.deepEqual(told.superset, {
    functions: true,
    lab: await select('SELECT id, kind FROM shop.points ORDER BY id LIMIT 2'),
    grains: [
      ...['2026-01-02 23:59:00', '2026-01-02 23:55:00', '2026-01-02 23:00:00'],
      ...['2026-01-02 00:00:00', '2025-12-29', '2026-01-01', '2026-01-01', '2026-01-01'],
    ],
    chart: await select(`SELECT DATE_FORMAT(placed, '%Y-%m-%d 00:00:00') AS d, kind, SUM(amount)
      FROM shop.points WHERE placed < '2026-01-03' GROUP BY d, kind ORDER BY d, kind`),
  });
  t.deepEqual(told.cancelled, { error: true });
});

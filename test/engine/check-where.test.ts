import test from 'ava';
import { checkWhere } from '../../src/engine/scan/check-where.js';
import { FlashError, queryRows, scanSql, type Engine } from '../../src/protocol/index.js';
import { makeEngineFolder, type EngineFolder } from '../commands/engine-folder.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder: EngineFolder;
let engine: Engine;
test.before(async () => {
  folder = await makeEngineFolder();
  engine = await openEmbeddedEngine(folder.engine);
  await engine.execute(
    'CREATE DATABASE shop; CREATE TABLE shop.t (id UInt64, name String) ENGINE = MergeTree ORDER BY id; ' +
      "INSERT INTO shop.t VALUES (1, 'a'), (2, 'b')",
  );
});
test.after.always(async () => {
  await engine.close();
  await folder.remove();
});

const columns = [
  { name: 'id', engineType: 'UInt64', mysqlType: undefined },
  { name: 'name', engineType: 'String', mysqlType: undefined },
];
const sqlOf = (where: string): string =>
  scanSql({ database: 'shop', table: 't', where, rowsMax: 10 }, columns);

for (const where of [
  '1) OR (1=1',
  '1]; DROP TABLE shop.t; SELECT [1',
  '1; DROP TABLE shop.t',
  '1); DROP TABLE shop.t; SELECT (1',
  '1) FORMAT CSV SETTINGS max_threads = (1',
  '1 FORMAT CSV',
  '1 SETTINGS final = 0',
  '1 LIMIT 1',
  '1) UNION ALL SELECT * FROM (SELECT * FROM shop.t WHERE 1',
  '1) INTO OUTFILE (1',
  'SELECT 1',
  'id = 1 /*',
  "name = 'open",
  "name = 'a\\",
  'id = `open',
  'id = "open',
  '$$ open',
  '1\u0000) OR (1',
  '1 \\G',
  'id = 1, 2',
  '()',
  '-- nothing',
  '',
  ' \n',
  'nope = 1',
  "id = 'text'",
  'name',
  'count() > 1',
  'id = {x:UInt64}',
]) {
  test(`no condition: ${JSON.stringify(where)}`, async (t) => {
    const error = await t.throwsAsync(checkWhere(engine, where, sqlOf(where)), {
      instanceOf: FlashError,
    });
    t.is(error.code, 'INVALID_REQUEST');
    t.regex(error.message, /^--where was refused: /);
    t.notRegex(error.message, /prefer_column_name_to_alias/);
  });
}

for (const [where, count] of [
  ['id = 1 -- the first', 1],
  ['id = 1 /* ) */', 1],
  ["name = ')' OR name = 'b' # end", 1],
  ["name = ');DROP TABLE shop.t;--' OR id = 2", 1],
  ['$$a$$ = name', 1],
  ['id IN (SELECT max(id) FROM shop.t)', 1],
  ["(name, id) IN (('a', 1), ('b', 2))", 2],
  ['[id, 2][1] = 2', 1],
  ['true', 2],
] as const) {
  test(`a condition: ${where}`, async (t) => {
    await checkWhere(engine, where, sqlOf(where));
    t.is((await queryRows(engine, sqlOf(where))).length, count);
  });
}

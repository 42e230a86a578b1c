import type { Place } from './place.js';

/**
 * A way out of the engine folder.
 *
 * Shape: `wall` is `kernel` where nothing but the sandbox stops it, so that it must get out without
 * one: that proves the test, too. `grants` is stopped by settings, grants or the SQL layer as well.
 */
export interface Way {
  name: string;
  sql: (place: Place) => string;
  wall: 'kernel' | 'grants';
}

/** What the statements below take for granted. */
export const setUp = `CREATE DATABASE d;
  CREATE TABLE d.t (a String, b UInt64) ENGINE = MergeTree ORDER BY b;
  CREATE TABLE d.m (k Int64, v String) ENGINE = MutableMergeTree ORDER BY (k);
  INSERT INTO d.t VALUES ('x', 1); INSERT INTO d.m VALUES (1, 'x')`;

// No-break space, em space, zero-width space, byte order mark, ideographic space.
const spaces = ['\u00a0', '\u2003', '\u200b', '\ufeff', '\u3000'];
const nbsp = '\u00a0';
const file = '`fi\\x6ce`';
const server = (place: Place): string => `127.0.0.1:${String(place.port)}`;

function kernel(name: string, sql: Way['sql']): Way {
  return { name, sql, wall: 'kernel' };
}

function grants(name: string, sql: Way['sql']): Way {
  return { name, sql, wall: 'grants' };
}

const functions: readonly Way[] = [
  grants('file() by an escape', (p) => `SELECT ${file}('${p.file}')`),
  grants('file() in WHERE', (p) => `SELECT b FROM d.t WHERE toUInt64(${file}('${p.file}')) = b`),
  grants('file() in a scalar subquery', (p) => `SELECT (SELECT ${file}('${p.file}'))`),
  grants('file() in an error text', (p) => `SELECT toUInt64(${file}('${p.file}'))`),
  grants('file() after EXPLAIN', (p) => `EXPLAIN SELECT toUInt64(${file}('${p.file}'))`),
  ...spaces.map((space, index) =>
    grants(`file() before space ${String(index)}`, (p) => `SELECT file${space}('${p.file}')`),
  ),
  grants('file() with dots', (p) => `SELECT ${file}('${p.data}/../secret.txt')`),
  grants(
    'eval()',
    (p) => `SELECT * FROM \`ev\\x61l\`('SELECT file(''${p.file}'')')
    SETTINGS allow_experimental_eval_table_function = 1`,
  ),
  grants(
    'format(Values)',
    (p) => `SELECT * FROM \`form\\x61t\`(Values, 'a String', '(file(''${p.file}''))')`,
  ),
  grants(
    'CREATE FUNCTION',
    (p) =>
      `CREATE OR REPLACE FUNCTION out_of_it AS (x) -> concat(x, ${file}('${p.file}')); SELECT out_of_it('')`,
  ),
  kernel(
    'a structure with ALIAS',
    (p) => `SELECT b FROM values('a UInt8, b String ALIAS file(''${p.file}'')', (1))`,
  ),
  kernel(
    'a structure with DEFAULT',
    (p) =>
      `SELECT * FROM format(JSONEachRow, 'a UInt8, b String DEFAULT file(''${p.file}'')', '{"a": 1}')`,
  ),
  kernel(
    'a structure of generateRandom()',
    (p) => `SELECT b FROM generateRandom('a UInt8, b String ALIAS file(''${p.file}'')') LIMIT 1`,
  ),
  grants(
    'a column of a table',
    (p) =>
      `CREATE OR REPLACE TABLE d.alias (a UInt8, b String ALIAS ${file}('${p.file}')) ENGINE = Memory;
     INSERT INTO d.alias VALUES (1); SELECT b FROM d.alias`,
  ),
  grants(
    'a view',
    (p) => `CREATE OR REPLACE VIEW d.v AS SELECT ${file}('${p.file}') AS a; SELECT a FROM d.v`,
  ),
  grants('the table function file()', (p) => `SELECT * FROM ${file}('${p.file}', 'RawBLOB')`),
  grants('a quoted path for a table', (p) => `SELECT * FROM \`${p.file}\``),
  grants(
    'writing by file()',
    (p) => `INSERT INTO FUNCTION ${file}('${p.folder}/new.tsv', 'TSV', 'a String') SELECT 'x'`,
  ),
  grants('CREATE TABLE AS file()', (p) => `CREATE TABLE d.f AS ${file}('${p.file}', 'RawBLOB')`),
  grants(
    'executable()',
    (p) => `SELECT * FROM \`execut\\x61ble\`('touch ${p.folder}/new', 'TSV', 'a String')`,
  ),
  grants('filesystem()', (p) => `SELECT * FROM \`filesyst\\x65m\`('${p.folder}')`),
  kernel('sqlite()', (p) => `DESCRIBE TABLE \`sqlit\\x65\`('${p.folder}/x.db', 't')`),
  grants('catboostEvaluate()', (p) => `SELECT catboostEvaluate('${p.file}', 1)`),
];

const settings: readonly Way[] = [
  grants(
    'format_template_row',
    (p) => `SELECT formatRow('Template', 1) SETTINGS format_template_row = '${p.file}'`,
  ),
  grants(
    'format_template_resultset',
    (p) =>
      `SELECT * FROM format(Template, 'a String', 'x') SETTINGS format_template_resultset = '${p.file}',
     format_template_row = '${p.file}'`,
  ),
  grants(
    'format_schema of Protobuf',
    (p) => `SELECT formatRow('Protobuf', 1) SETTINGS format_schema = '${p.file}:M'`,
  ),
  grants(
    'format_schema_source',
    (p) =>
      `SELECT formatRow('Protobuf', 1) SETTINGS format_schema_source = 'query',
     format_schema = 'SELECT throwIf(1, file(''${p.file}''))', format_schema_message_name = 'M'`,
  ),
  grants(
    'input_format_record_errors_file_path',
    (p) =>
      `SELECT * FROM format(CSV, 'a UInt8', 'x\\n1\\n') SETTINGS input_format_allow_errors_num = 10,
     input_format_record_errors_file_path = '${p.folder}/new'`,
  ),
  grants(
    'format_avro_schema_registry_url',
    (p) =>
      `SELECT * FROM format(AvroConfluent, 'a String', unhex('0000000001020304'))
     SETTINGS format_avro_schema_registry_url = 'http://${server(p)}'`,
  ),
];

const network: readonly Way[] = [
  grants('url()', (p) => `SELECT * FROM \`ur\\x6c\`('http://${server(p)}/x', 'RawBLOB')`),
  grants(
    's3()',
    (p) => `SELECT * FROM \`s\\x33\`('http://${server(p)}/bucket/key', 'TSV', 'a String')`,
  ),
  grants('mysql()', (p) => `SELECT * FROM \`mysq\\x6c\`('${server(p)}', 'a', 'b', 'c', 'd')`),
  grants(
    'postgresql()',
    (p) => `SELECT * FROM \`postgresq\\x6c\`('${server(p)}', 'a', 'b', 'c', 'd')`,
  ),
  grants('remote()', (p) => `SELECT * FROM \`remot\\x65\`('${server(p)}', 'system', 'one')`),
  grants('redis()', (p) => `SELECT * FROM \`redi\\x73\`('${server(p)}', 'a', 'a String')`),
  grants(
    'mongodb()',
    (p) => `SELECT * FROM \`mongod\\x62\`('${server(p)}', 'a', 'b', 'c', 'd', 'e String')`,
  ),
  grants('hdfs()', (p) => `SELECT * FROM \`hdf\\x73\`('hdfs://${server(p)}/a', 'TSV', 'a String')`),
  grants('icebergS3()', (p) => `SELECT * FROM \`icebergS\\x33\`('http://${server(p)}/bucket/key')`),
  grants(
    'azureBlobStorage()',
    (p) =>
      `SELECT * FROM \`azureBlobStorag\\x65\`('DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://${server(p)}/a;', 'c', 'b', 'TSV', 'auto', 'a String')`,
  ),
  grants(
    'a dictionary over HTTP',
    (p) =>
      `CREATE DICTIONARY d.h (a UInt64, b String) PRIMARY KEY a LIFETIME(0) LAYOUT(FLAT())
     SOURCE(HTTP(URL 'http://${server(p)}/x' FORMAT 'TSV')); SELECT * FROM d.h`,
  ),
  grants(
    'a database on MySQL',
    (p) =>
      `CREATE DATABASE my ENGINE = \`MySQ\\x4c\`('${server(p)}', 'a', 'b', 'c'); SHOW TABLES FROM my`,
  ),
  grants(
    'a table on a URL',
    (p) =>
      `CREATE TABLE d.u (a String) ENGINE = \`UR\\x4c\`('http://${server(p)}/x', TSV); SELECT * FROM d.u`,
  ),
  grants(
    'a disk of the web',
    (p) =>
      `CREATE TABLE d.web (a String) ENGINE = MergeTree ORDER BY a
     SETTINGS disk = \`di\\x73k\`(type = web, endpoint = 'http://${server(p)}/x/')`,
  ),
  grants(
    'a backup to S3',
    (p) => `BACKUP TABLE d.t TO \`S\\x33\`('http://${server(p)}/bucket/key', 'a', 'b')`,
  ),
];

const folders: readonly Way[] = [
  grants(
    'INTO OUTFILE',
    (p) => `SELECT 'x' INTO${nbsp}OUTFILE '${p.folder}/new' FORMAT${nbsp}RawBLOB`,
  ),
  grants(
    'FROM INFILE',
    (p) => `INSERT INTO d.t (a) FROM${nbsp}INFILE '${p.file}' FORMAT${nbsp}RawBLOB`,
  ),
  grants(
    'ATTACH TABLE FROM',
    (p) => `ATTACH TABLE default.moved FROM '${p.data}/' (a String) ENGINE = TinyLog`,
  ),
  grants('a backup', (p) => `BACKUP TABLE d.t TO File('${p.folder}/backup')`),
  grants('a backup by an escape', (p) => `\`BACKU\\x50\` TABLE d.t TO File('${p.folder}/backup')`),
  grants('a backup behind a space', (p) => `BACKUP${nbsp}TABLE d.t TO File('${p.folder}/backup')`),
  grants(
    'a backup into a disk',
    (p) => `BACKUP${nbsp}TABLE d.t TO Disk('default', '${p.folder}/backup')`,
  ),
  grants('RESTORE', (p) => `RESTORE${nbsp}TABLE d.x FROM File('${p.data}')`),
  grants(
    'a disk of a folder',
    (p) =>
      `CREATE TABLE d.elsewhere (a String) ENGINE = MergeTree ORDER BY a
     SETTINGS disk = \`di\\x73k\`(type = object_storage, object_storage_type = local, metadata_type = local, path = '${p.folder}/new/');
     INSERT INTO d.elsewhere VALUES ('x')`,
  ),
  grants(
    'FREEZE by a name with dots',
    (p) => `ALTER TABLE d.t FREEZE WITH NAME '../../../../../../../../${p.folder}/frozen'`,
  ),
  grants(
    'UNFREEZE by a name with dots',
    (p) => `SYSTEM UNFREEZE WITH NAME '../../../../../../../../${p.data}'`,
  ),
  grants(
    'ATTACH PART by a name with dots',
    (p) => `ALTER TABLE d.t ATTACH PART '../../../../../../../../../${p.data}'`,
  ),
  grants(
    'DROP DETACHED PART by a name with dots',
    (p) =>
      `ALTER TABLE d.t DROP DETACHED PART '../../../../../../../../../${p.data}'
     SETTINGS allow_drop_detached = 1`,
  ),
  grants(
    'a database by a name with dots',
    (p) => `CREATE DATABASE \`../../../../../../..${p.folder}/new\``,
  ),
  grants(
    'a table on a file',
    (p) =>
      `CREATE TABLE d.f (a String) ENGINE = \`Fil\\x65\`(TSV, '${p.folder}/new.tsv'); INSERT INTO d.f VALUES ('x')`,
  ),
  grants(
    'a database on SQLite',
    (p) => `CREATE DATABASE lite ENGINE = \`SQLit\\x65\`('${p.folder}/x.db')`,
  ),
  grants(
    'a database of a folder',
    (p) =>
      `CREATE DATABASE files ENGINE = \`Filesyst\\x65m\`('${p.folder}'); SELECT * FROM files.\`secret.txt\``,
  ),
  grants(
    'a dictionary of a file',
    (p) =>
      `CREATE DICTIONARY d.df (a String) PRIMARY KEY a LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())
     SOURCE(FILE(PATH '${p.file}' FORMAT 'TSV')); SELECT * FROM d.df`,
  ),
  grants(
    'a dictionary of a program',
    (p) =>
      `CREATE DICTIONARY d.dx (a String) PRIMARY KEY a LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())
     SOURCE(EXECUTABLE(COMMAND 'touch ${p.folder}/new' FORMAT 'TSV')); SELECT * FROM d.dx`,
  ),
  grants(
    'a named collection',
    (p) =>
      `CREATE NAMED COLLECTION c AS path = '${p.file}'; SELECT * FROM ${file}(c, format = 'RawBLOB')`,
  ),
  grants(
    'RocksDB in a folder',
    (p) =>
      `CREATE TABLE d.r (a String) ENGINE = \`EmbeddedRocksD\\x42\`(0, '${p.folder}/new') PRIMARY KEY a`,
  ),
];

/**
 * Where neither grants nor the SQL layer look: an expression in the text of a structure. What is
 * tried by it meets the kernel alone.
 */
function inStructure(expression: string): string {
  return `SELECT b FROM values('a UInt8, b String ALIAS ${expression.replaceAll("'", "''")}', (1))`;
}

/** Reads of the system, where the secret lies in the environment of the process. */
const system: readonly Way[] = [
  kernel('the environment of the process', () => inStructure(`file('/proc/self/environ')`)),
  kernel('the same by a thread', () => inStructure(`file('/proc/thread-self/environ')`)),
  kernel('the same by the root of /proc', () =>
    inStructure(`file('/proc/self/root/proc/self/environ')`),
  ),
  kernel('a file by the root of /proc', (p) => inStructure(`file('/proc/self/root${p.file}')`)),
  kernel('a file by dots', (p) => inStructure(`file('${p.data}/../secret.txt')`)),
  kernel('a file in a longer text', (p) => inStructure(`concat('x', file('${p.file}'))`)),
  kernel('a file in a function of arrays', (p) =>
    inStructure(`arrayMap(x -> file(x), [''${p.file}''])[1]`.replaceAll("''", "'")),
  ),
  kernel('a file in the other branch', (p) =>
    inStructure(`if(file('${p.folder}/none', '') = '', file('${p.file}'), '')`),
  ),
  kernel(
    'a file in a table of VALUES',
    (p) =>
      `CREATE OR REPLACE TABLE d.hidden AS values('a UInt8, b String ALIAS file(''${p.file}'')', (1));
     SELECT b FROM d.hidden`,
  ),
];

/** All ways that are tried. */
export const ways: readonly Way[] = [...functions, ...settings, ...network, ...folders, ...system];

// Goal: --allow-path opens one folder, and nothing beside it. Method: the command line, on folders of
// the test's own; what it says of its sandbox.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { runCli } from '../e2e/cli.js';
import { makeEngineFolder } from '../commands/engine-folder.js';

interface Run {
  code: number | undefined;
  text: string;
  stderr: string;
}

interface Place {
  engine: string;
  open: string;
  beside: string;
  sql: (text: string, ...flags: readonly string[]) => Promise<Run>;
}

async function makePlace(t: { teardown(clean: () => Promise<void>): void }): Promise<Place> {
  const made = await makeEngineFolder(
    `CREATE DATABASE d; CREATE TABLE d.t (a String) ENGINE = MutableMergeTree ORDER BY (a);
     INSERT INTO d.t VALUES ('x')`,
  );
  t.teardown(() => made.remove());
  const { path: folder, engine } = made;
  const [open, beside] = [path.join(folder, 'open'), path.join(folder, 'open-not')];
  for (const each of [open, beside]) {
    mkdirSync(each);
    writeFileSync(path.join(each, 'a.csv'), 'canary\n');
  }
  return {
    engine,
    open,
    beside,
    sql: async (text, ...flags): Promise<Run> => {
      const args = ['sql', text, '--create', '--engine', engine, '--format', 'csv', ...flags];
      const { code, stdout, stderr } = await runCli(args);
      return { code, text: stdout.toString('utf8'), stderr };
    },
  };
}

test('file() reads below the folder, and nowhere else', async (t) => {
  const { open, beside, sql } = await makePlace(t);
  const flags = ['--allow-path', `${open}:ro`];
  const read = await sql(`SELECT a FROM file('${open}/a.csv', 'CSV', 'a String')`, ...flags);
  t.is(read.text, 'a\r\ncanary\r\n', read.stderr);
  t.is((await sql(`SELECT file('${open}/a.csv') AS a`, ...flags)).code, 0);
  symlinkSync(path.join(beside, 'a.csv'), path.join(open, 'link.csv'));
  for (const name of [
    `'${open}/link.csv'`,
    `'${beside}/a.csv'`,
    `'${open}/../open-not/a.csv'`,
    `'${open}/{a,../open-not/a}.csv'`,
    `concat('${beside}', '/a.csv')`,
  ]) {
    const { code, text } = await sql(`SELECT a FROM file(${name}, 'CSV', 'a String')`, ...flags);
    t.not(code, 0, name);
    t.false(text.includes('canary'), name);
  }
  const write = `INSERT INTO FUNCTION file('${open}/b.csv', 'CSV', 'a String') SELECT 'x'`;
  for (const each of [write, write.replace('file(', '`fi\\x6ce`(')]) {
    t.not((await sql(each, '--allow-path', open)).code, 0, each);
  }
  t.false(existsSync(path.join(open, 'b.csv')));
});

test('without a sandbox file() stays shut: nothing would hold it to the folder', async (t) => {
  const { open, sql } = await makePlace(t);
  const { code } = await sql(
    ...[`SELECT a FROM file('${open}/a.csv', 'CSV', 'a String')`, '--allow-path', open],
    ...['--sandbox', 'off'],
  );
  t.not(code, 0);
});

test('BACKUP goes to the folder and RESTORE comes from it, and nowhere else', async (t) => {
  const { engine, open, beside, sql } = await makePlace(t);
  const backup = (folder: string): string => `BACKUP TABLE d.t TO File('${folder}/backup')`;
  const none = await sql(backup(open));
  t.not(none.code, 0);
  t.regex(none.stderr, /--allow-path DIR/);
  const readOnly = await sql(backup(open), '--allow-path', `${open}:ro`);
  t.regex(readOnly.stderr, /Permission denied/);
  for (const sandbox of ['auto', 'off']) {
    for (const folder of [beside, `${open}/../open-not`, path.join(engine, '.theflash')]) {
      const refused = await sql(backup(folder), ...['--allow-path', open, '--sandbox', sandbox]);
      t.not(refused.code, 0, `${folder} ${sandbox}`);
    }
  }
  t.false(existsSync(path.join(open, 'backup')));
  t.false(existsSync(path.join(beside, 'backup')));
  t.is((await sql(backup(open), '--allow-path', open)).code, 0);
  const restore = `RESTORE TABLE d.t AS d.u FROM File('${open}/backup')`;
  t.is((await sql(restore, '--allow-path', `${open}:ro`)).code, 0);
  t.is((await sql('SELECT a FROM d.u')).text, 'a\r\nx\r\n');
});

test('a folder that is not there, and a file, are refused', async (t) => {
  const { open, sql } = await makePlace(t);
  for (const each of [path.join(open, 'missing'), path.join(open, 'a.csv')]) {
    const { code, stderr } = await sql('SELECT 1', '--allow-path', each);
    t.not(code, 0);
    t.true(stderr.includes(each), stderr);
  }
});

test('the folder flags are for the opener of a folder', async (t) => {
  for (const flags of [
    ['--allow-path', '/tmp'],
    ['--sandbox', 'require'],
  ]) {
    const { code, stderr } = await runCli([
      ...['sql', 'SELECT 1', '--engine', 'tcp://127.0.0.1:1', ...flags],
    ]);
    t.not(code, 0);
    t.regex(stderr, /is for a folder/);
  }
});

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { overlayFiles, projectRoot, readPatchSeries, writeOverlay } from '../../src/build/index.js';
import { createTable, readValue, throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';

let root = '';
test.before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'theflash-format-'));
});
test.after.always(async () => {
  await rm(root, { recursive: true, force: true });
});

async function makeFolder(t: ExecutionContext): Promise<{ folder: string; formatFile: string }> {
  const folder = path.join(root, t.title.replaceAll(/\W+/g, '-'));
  const engine = await openEmbeddedEngine(folder);
  await createTable(engine, 'd');
  await engine.execute(`INSERT INTO d.t VALUES (1, 'a')`);
  await engine.close();
  return { folder, formatFile: path.join(folder, '.theflash', 'format') };
}

test.serial('a folder says what it was written by', async (t) => {
  const { formatFile } = await makeFolder(t);
  t.regex(await readFile(formatFile, 'utf8'), /^format 3\nlevel [0-9a-f]{12}\nengine [\d.]+\n$/);
});

test.serial('a folder of another patch level is opened, and is of ours from then on', async (t) => {
  const { folder, formatFile } = await makeFolder(t);
  const ours = await readFile(formatFile, 'utf8');
  await writeFile(formatFile, ours.replace(/level .*/, 'level 000000000000'));
  const engine = await openEmbeddedEngine(folder);
  t.is(await readValue(engine, '(SELECT v FROM d.t)'), 'a');
  await engine.close();
  t.is(await readFile(formatFile, 'utf8'), ours);
});

for (const [what, ours, theirs, reason] of [
  ['a newer format', /format 3/, 'format 4', /format 4.*knows formats up to 3/],
  ['a later ClickHouse', /engine .*/, 'engine 99.1.1.1', /ClickHouse 99\.1\.1\.1.*older engine/],
] as const) {
  test.serial(`a folder of ${what} is refused, and stays as it is`, async (t) => {
    const { folder, formatFile } = await makeFolder(t);
    const text = (await readFile(formatFile, 'utf8')).replace(ours, theirs);
    await writeFile(formatFile, text);
    const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
    t.regex(error.message, reason);
    t.truthy(error.hint);
    t.is(await readFile(formatFile, 'utf8'), text);
  });
}

// Made past the SQL layer, by the engine itself: the version column of such a table takes 0 for
// every row, so that a later write of a key would not be sure to win.
test.serial('tables of a folder from before formats are brought up to date', async (t) => {
  const folder = path.join(root, 'old');
  const series = await readPatchSeries(path.join(projectRoot, 'ch-patches'));
  const config = await writeOverlay(overlayFiles(series), path.join(root, 'old-overlay'), folder);
  const tfCheck = path.join(projectRoot, 'build', 'cmake', 'tools', 'tf_check');
  const libchdb = path.join(projectRoot, 'build', 'ch', 'libchdb.so');
  const statements = [
    'CREATE DATABASE d',
    `CREATE TABLE d.t (id Int64, v Nullable(String), _INTERNAL_VERSION UInt64 MATERIALIZED 0,
       _INTERNAL_DELMARK UInt8 MATERIALIZED 0)
     ENGINE = ReplacingMergeTree(_INTERNAL_VERSION, _INTERNAL_DELMARK) ORDER BY id`,
    `INSERT INTO d.t SELECT 1, 'old'`,
  ];
  const input = statements.map((statement) => `${statement}\0`).join('');
  const said = execFileSync(tfCheck, [libchdb, config, folder], { input, encoding: 'utf8' });
  t.is(said, 'ok 0\n'.repeat(statements.length));
  const engine = await openEmbeddedEngine(folder);
  try {
    await engine.execute(`UPSERT INTO d.t VALUES (1, 'new')`);
    t.is(await readValue(engine, '(SELECT v FROM d.t)'), 'new');
    const versions = `(SELECT countIf(default_expression = '0') FROM system.columns
      WHERE name = '_INTERNAL_VERSION')`;
    t.is(await readValue(engine, versions), '0');
  } finally {
    await engine.close();
  }
});

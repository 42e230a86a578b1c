// Goal: what docs/scaling.md names in place of several engines in one --engine works.
// Method: the example's logs, whose tables are compared with the server's own SELECT.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runTheflash } from '../cli/run-theflash.js';
import { openEmbeddedEngine } from '../engine/open-engine.js';
import { makeEngineFolder } from './engine-folder.js';

const example = fileURLToPath(new URL('../../examples/shop/', import.meta.url));
const logs = ['binlog.000001', 'binlog.000002'].map((name) => join(example, name));

const countExpected = async (table: string): Promise<number> => {
  const text = await readFile(join(example, 'expected', `${table}.tsv`), 'utf8');
  return text.trim().split('\n').length - 1;
};

test.serial(
  'an --engine with a comma is refused by every command, and leaves nothing',
  async (t) => {
    const folder = await makeEngineFolder();
    t.teardown(() => folder.remove());
    const servers = 'tcp://127.0.0.1:1,tcp://127.0.0.1:2';
    const commands = [
      ['scan', 'a.b'],
      ['sql', 'SELECT 1'],
      ['tables'],
      ['status'],
      ['serve', '--listen', '127.0.0.1:0'],
      ['write', '--binlog', ...logs],
    ];
    const folders = `${folder.engine},${folder.path}/b`;
    for (const [name = '', ...args] of commands) {
      for (const engine of name === 'write' ? [servers, folders] : [servers]) {
        const run = await runTheflash([name, '--engine', engine, ...args]);
        t.is(run.exitCode, 2, `${name}: ${run.stderr}`);
        t.regex(
          run.stderr.replaceAll(/\s+/g, ' '),
          /takes one engine, not several.*docs\/scaling\.md/,
        );
        t.is(run.stdoutText, '');
      }
    }
  },
);

test.serial(
  'tables split by --include over two engines are each whole, and nowhere else',
  async (t) => {
    const [orders, rest] = [await makeEngineFolder(), await makeEngineFolder()];
    t.teardown(() => Promise.all([orders.remove(), rest.remove()]).then(() => undefined));
    const parts = [
      {
        engine: orders.engine,
        filter: ['--include', 'shop.order*'],
        tables: ['orders', 'order_items'],
      },
      {
        engine: rest.engine,
        filter: ['--exclude', 'shop.order*'],
        tables: ['customers', 'products'],
      },
    ];
    for (const { engine, filter, tables } of parts) {
      const written = await runTheflash([
        'write',
        '--engine',
        engine,
        ...filter,
        '--binlog',
        ...logs,
      ]);
      t.is(written.exitCode, 0, written.stderr);
      const listed = await runTheflash(['tables', '--engine', engine, '--json']);
      const found = JSON.parse(listed.stdoutText) as { tables: { table: string; rows: number }[] };
      const expected: Record<string, number> = {};
      for (const table of tables) expected[table] = await countExpected(table);
      t.deepEqual(
        Object.fromEntries(found.tables.map((each) => [each.table, each.rows])),
        expected,
      );
    }
  },
);

test.serial('write refuses an engine that an older version filled as one of several', async (t) => {
  const folder = await makeEngineFolder();
  t.teardown(() => folder.remove());
  const engine = await openEmbeddedEngine(folder.engine);
  await engine.execute(
    `CREATE DATABASE IF NOT EXISTS theflash; CREATE TABLE theflash.shard_layout
     (layout String, position UInt32, count UInt32) ENGINE = MutableMergeTree ORDER BY layout`,
  );
  await engine.close();
  const run = await runTheflash(['write', '--engine', folder.engine, '--binlog', ...logs]);
  t.is(run.exitCode, 1, run.stderr);
  t.regex(
    run.stderr.replaceAll(/\s+/g, ' '),
    /a part of the rows of each table.*docs\/scaling\.md/,
  );
});

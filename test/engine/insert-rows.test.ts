import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { createTable, readValue, throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';

test('Arrow rows go into a plain table, beside an open batch, and into no mutable one', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-insert-'));
  const engine = await openEmbeddedEngine(folder);
  try {
    await createTable(engine, 'd');
    await engine.execute(
      'CREATE TABLE d.plain (id Int64, v String, w Int8 DEFAULT 7) ENGINE = MergeTree ORDER BY id',
    );
    const rows = tableFromArrays({ v: ['a', 'ü'], id: BigInt64Array.of(1n, -2n) });
    const stream = tableToIPC(rows, 'stream');
    const batch = await engine.openBatch();
    t.is(await engine.insertRows({ database: 'd', table: 'plain' }, stream), 2);
    await batch.close();
    const read = (sql: string): Promise<string> => readValue(engine, `(${sql})`);
    t.is(await read(`SELECT groupArray((id, v, w)) FROM d.plain`), "[(-2,'ü',7),(1,'a',7)]");

    const refused: readonly [string, string, Uint8Array, 'INVALID_REQUEST' | 'NOT_FOUND'][] = [
      ['d', 't', stream, 'INVALID_REQUEST'],
      ['d', 'gone', stream, 'NOT_FOUND'],
      ['theflash_staging', 'x', stream, 'INVALID_REQUEST'],
      ['d', 'plain', stream.subarray(0, stream.length - 30), 'INVALID_REQUEST'],
      ['d', 'plain', tableToIPC(tableFromArrays({ no: [1] }), 'stream'), 'NOT_FOUND'],
    ];
    for (const [database, table, bytes, code] of refused) {
      await throwsCode(t, () => engine.insertRows({ database, table }, bytes), code);
    }
    t.is(await read('SELECT count() FROM d.plain'), '2');
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});

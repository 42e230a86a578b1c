import test from 'ava';
import { FlashError, queryRows, tableRows, type Engine } from '../../src/protocol/index.js';
import { arrowEndOfStream } from '../../src/protocol/index.js';
import { tableFromIPC } from 'apache-arrow';
import { openTestEngine, serveEngine, type TestServer } from '../server/test-server.js';

let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let server: TestServer | undefined;
const engines: Engine[] = [];

test.before(async () => {
  local = await openTestEngine();
  server = await serveEngine(local.engine);
  engines.push(local.engine, await server.connect());
});

test.after.always(async () => {
  await server?.stop();
  await local?.remove();
});

async function read(
  engine: Engine,
  sql: string,
  parameters: Record<string, string | null>,
): Promise<unknown> {
  const messages: Uint8Array[] = [];
  for await (const { bytes } of await engine.query(sql, { parameters })) {
    messages.push(bytes.slice());
  }
  return tableRows(tableFromIPC([...messages, arrowEndOfStream]))[0]?.['x'];
}

test.serial('values reach the engine as they are, whatever is in them', async (t) => {
  for (const engine of engines) {
    for (const value of [
      "'",
      '\\',
      "\\'",
      '{x:String}',
      "'; DROP TABLE t --",
      'ü\n\t\u0000\\N',
      '',
    ]) {
      t.is(await read(engine, 'SELECT {v:String} AS x', { v: value }), value, engine.location);
    }
    t.is(await read(engine, 'SELECT {v:Nullable(String)} AS x', { v: null }), null);
    t.is(
      await read(engine, 'SELECT {v:UInt64} AS x', { v: '18446744073709551615' }),
      2n ** 64n - 1n,
    );
    const list = 'SELECT arrayStringConcat({v:Array(String)}) AS x';
    t.is(await read(engine, list, { v: "['a','b''c']" }), "ab'c");
    const typed = `SELECT toTypeName({v:DateTime64(3, 'UTC')}) AS x`;
    t.is(await read(engine, typed, { v: '2026-01-02 03:04:05.678' }), "DateTime64(3, 'UTC')");
    t.is(await read(engine, 'SELECT number AS x FROM numbers(9) LIMIT {n:UInt8}', { n: '1' }), 0n);
  }
});

test.serial('statements without rows take them too, and parallel ones do not mix', async (t) => {
  for (const [index, engine] of engines.entries()) {
    const parameters = { name: `we\`ird ${index}`, v: "O'Hara" };
    await engine.execute('CREATE DATABASE {name:Identifier}', {
      parameters: { name: parameters.name },
    });
    await engine.execute(
      'CREATE TABLE {name:Identifier}.t (v String) ENGINE = MutableMergeTree ORDER BY v; INSERT INTO {name:Identifier}.t SELECT {v:String}',
      { parameters },
    );
    const [row] = await queryRows(engine, `SELECT v FROM \`we\\\`ird ${index}\`.t`);
    t.is(row?.['v'], "O'Hara");
    const values = Array.from({ length: 30 }, (_, each) => String(each));
    const seen = await Promise.all(
      values.map((v) => read(engine, 'SELECT {v:String} AS x FROM numbers(3)', { v })),
    );
    t.deepEqual(seen, values);
  }
});

test.serial('wrong parameters are INVALID_REQUEST, and the engine goes on', async (t) => {
  for (const engine of engines) {
    for (const parameters of [{}, { v: '300' }, { v: '1', w: '2' }]) {
      const error = await t.throwsAsync(() => read(engine, 'SELECT {v:UInt8} AS x', parameters), {
        instanceOf: FlashError,
      });
      t.is(error.code, 'INVALID_REQUEST', engine.location);
    }
    t.is(await read(engine, 'SELECT {v:UInt8} AS x', { v: '7' }), 7);
  }
});

// Goal: whatever a program gives the library that is not as declared ends in a FlashError with a code, and nothing is done
// by half. Method: calls that TypeScript would refuse, closed engines, signals and loops, on a real engine.
import path from 'node:path';
import { existsSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import * as library from '../../src/index.js';
import { FlashError, openEngine, openSource, replay, scan, queryRows } from '../../src/index.js';
import { temporaryFolder } from '../e2e/cli.js';
import { repositoryFolder } from '../servers/index.js';

const logs = ['000001', '000002'].map((number) =>
  path.join(repositoryFolder, 'examples/shop', `binlog.${number}`),
);

type Loose = (...args: readonly unknown[]) => Promise<unknown>;

/** Calls without types, as JavaScript does. */
function loose(call: unknown): Loose {
  if (typeof call !== 'function') throw new Error('no function');
  return async (...args) => {
    const result: unknown = Reflect.apply(call, undefined, [...args]);
    return await Promise.resolve(result);
  };
}

function looseScan(engine: library.Engine, options: object): AsyncIterable<Uint8Array> {
  return scan(engine, options);
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) bytes += piece.length;
  return bytes;
}

async function refused(t: ExecutionContext, call: () => Promise<unknown>): Promise<string> {
  const error = await t.throwsAsync(call);
  t.true(error instanceof FlashError, String(error));
  if (!(error instanceof FlashError)) return '';
  t.is(error.code, 'INVALID_REQUEST', error.message);
  return `${error.message} ${error.hint ?? ''}`;
}

test.serial('misspelt options are refused by name, with those that there are', async (t) => {
  const folder = path.join(temporaryFolder(t), 'e');
  const open = await refused(t, () => loose(openEngine)(folder, { crate: true }));
  t.regex(open, /no option "crate" Did you mean create\? The options are: create, memoryBytesMax,/);
  t.false(existsSync(folder));
  const source = await refused(t, () => loose(openSource)(logs, { singal: undefined }));
  t.regex(source, /no option "singal" Did you mean signal\?/);
  const nested = await refused(t, () => loose(openSource)(logs, { files: { folow: true } }));
  t.regex(nested, /Did you mean follow\?/);
  await refused(t, () => loose(library.connect)('tcp://127.0.0.1:1', { tokn: 'x' }));

  const engine = await openEngine(folder, { sandbox: 'off' });
  t.teardown(() => engine.close());
  const logsOf = await openSource(logs);
  t.regex(await refused(t, () => loose(replay)(logsOf, engine, { untl: 1 })), /Did you mean until/);
  t.is(await engine.readCheckpoint('binlog'), undefined);
  await replay(logsOf, engine);
  const pieces = looseScan(engine, { table: 'shop.customers', wher: '1 = 0' });
  t.regex(await refused(t, () => readAll(pieces)), /no option "wher" Did you mean where\?/);
});

test.serial('values of other types are refused by every call', async (t) => {
  const engine = await openEngine(path.join(temporaryFolder(t), 'e'), { sandbox: 'off' });
  t.teardown(() => engine.close());
  const source = await openSource(logs);
  const wrong: readonly unknown[] = [undefined, null, 5, '', {}, [], true];
  for (const value of wrong) {
    await refused(t, () => loose(openEngine)(value));
    await refused(t, () => loose(library.connect)(value));
    await refused(t, () => loose(openSource)(value));
    await refused(t, () => loose(openSource)([value]));
    await refused(t, () => loose(replay)(value, engine));
    await refused(t, () => loose(replay)(source, value));
    await refused(t, () => loose(library.listTables)(value));
    await refused(t, () => loose(queryRows)(value, 'SELECT 1'));
    await refused(t, () => loose(queryRows)(engine, value));
    await refused(t, () => loose(engine.query.bind(engine))(value));
    await refused(t, () => loose(engine.execute.bind(engine))(value));
  }
  for (const value of [null, 5, 'x', [], true]) {
    await refused(t, () => loose(openSource)(logs, value));
    await refused(t, () => loose(replay)(source, engine, value));
    await refused(t, () => loose(replay)(source, engine, { until: value }));
    await refused(t, () => loose(replay)(source, engine, { from: value }));
    const pieces = looseScan(engine, { table: 5, columns: value });
    await refused(t, () => readAll(pieces));
  }
});

test.serial('a scan can be read again, and two at once give the same', async (t) => {
  const engine = await openEngine(path.join(temporaryFolder(t), 'e'), { sandbox: 'off' });
  await replay(await openSource(logs), engine);
  // Rows that no order is asked of may come in other batches, which have another size.
  const pieces = scan(engine, { table: 'shop.customers', orderBy: 'id' });
  const [first, second] = await Promise.all([readAll(pieces), readAll(pieces)]);
  t.true(first > 100);
  t.is(second, first);
  t.is(await readAll(pieces), first);
  const ended = scan(engine, { table: 'shop.customers', signal: AbortSignal.abort() });
  await t.throwsAsync(() => readAll(ended), { code: 'CANCELLED' });
  await engine.close();
  await t.throwsAsync(() => readAll(pieces), { code: 'CANCELLED' });
  await t.throwsAsync(queryRows(engine, 'SELECT 1'), { code: 'CANCELLED' });
  await t.throwsAsync(openSource(logs, { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
});

test.serial(
  'an engine that is closed ends a replay, and a second replay at once is refused',
  async (t) => {
    for (const pauseMs of [0, 5, 20, 60]) {
      const engine = await openEngine(path.join(temporaryFolder(t), 'e'), { sandbox: 'off' });
      const running = replay(await openSource(logs), engine).then(
        () => 'done',
        (error: unknown) => (error instanceof FlashError ? error.code : String(error)),
      );
      await refused(t, async () => replay(await openSource(logs), engine));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await engine.close();
      t.regex(await running, /^(?:done|CANCELLED)$/);
    }
  },
);

import fc from 'fast-check';
import mysql from 'mysql2';
import { type Server, type ServerKind, startServerOfKind } from '../../servers/index.js';
import { testWith } from '../../servers/test-with.js';
import { documents, largeDocuments, updates } from './json-cases.js';
import { formOf, updateGolden } from './json-golden.js';
import { jsonTextOf, randomSeed, updatedTextOf } from './json-text-of.js';
import { jsonTable, loggedJson, selectedTexts } from './json-recording.js';

const kinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7'];
const rowsAtOnce = 200;

for (const kind of kinds) {
  testWith(kind)(`${kind}: every kind of JSON value reads as the server selects it`, async (t) => {
    const server = await startJsonServer(kind, t);
    const expressions = [...documents, ...largeDocuments];
    for (const [id, expression] of expressions.entries()) {
      await server.query(
        `SET sql_mode = ''; INSERT INTO d.j VALUES (${String(id)}, ${expression})`,
      );
    }
    await server.flushLogs();
    const texts = await selectedTexts(server);
    const logged = loggedJson(server);
    t.is(logged.length, expressions.length);
    for (const { id, value } of logged) {
      t.is(jsonTextOf(value, formOf(kind)), texts.get(id) ?? '', expressions[id]);
    }
    updateGolden(
      kind,
      logged.slice(0, documents.length).map(({ id, value }) => ({
        sql: documents[id] ?? '',
        hex: Buffer.from(value).toString('hex'),
        text: texts.get(id) ?? '',
      })),
    );
  });

  testWith(kind)(`${kind}: random documents read as the server selects them`, async (t) => {
    const server = await startJsonServer(kind, t);
    const seed = randomSeed(t);
    const anyDocument = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }).filter(isStorable);
    const random = fc
      .sample(anyDocument, { seed, numRuns: 2000 })
      .map((value) => JSON.stringify(value));
    const doubles = fc
      .sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { seed, numRuns: 2000 })
      .map((value) => `[${value.toExponential()}, ${String(value)}]`);
    const all = [...random, ...doubles];
    for (let first = 0; first < all.length; first += rowsAtOnce) {
      const rows = all.slice(first, first + rowsAtOnce).map((text, index) => [first + index, text]);
      await server.connection.query('INSERT INTO d.j VALUES ?', [rows]);
    }
    await server.flushLogs();
    const texts = await selectedTexts(server);
    const logged = loggedJson(server);
    t.is(logged.length, all.length);
    const wrong = logged.filter(
      ({ id, value }) => jsonTextOf(value, formOf(kind)) !== texts.get(id),
    );
    t.deepEqual(
      wrong.slice(0, 3).map(({ id, value }) => [jsonTextOf(value, formOf(kind)), texts.get(id)]),
      [],
    );
  });
}

testWith('mysql-9.7')('partial updates give the document that the server selects', async (t) => {
  const server = await startJsonServer('mysql-9.7', t, ['--binlog-row-value-options=PARTIAL_JSON']);
  for (const [id, { document, change }] of updates.entries()) {
    await server.connection.query('INSERT INTO d.j VALUES (?, ?)', [id, document]);
    await server.query(`UPDATE d.j SET v = ${change} WHERE id = ${String(id)}`);
  }
  await server.flushLogs();
  const texts = await selectedTexts(server);
  const partial = loggedJson(server).filter(({ isPartial }) => isPartial);
  t.true(partial.length > updates.length / 2, String(partial.length));
  for (const { id, value, after } of partial) {
    t.is(updatedTextOf(value, after ?? new Uint8Array()), texts.get(id) ?? '', updates[id]?.change);
  }
  updateGolden(
    'updates-mysql-9.7',
    partial.map(({ id, value, after }) => ({
      sql: updates[id]?.change ?? '',
      hex: Buffer.from(value).toString('hex'),
      diffs: Buffer.from(after ?? []).toString('hex'),
      text: texts.get(id) ?? '',
    })),
  );
});

testWith('mysql-9.7')('random partial updates give what the server selects', async (t) => {
  const server = await startJsonServer('mysql-9.7', t, ['--binlog-row-value-options=PARTIAL_JSON']);
  const seed = randomSeed(t);
  const samples = fc.sample(
    fc.tuple(anyTree, fc.array(anyChange, { minLength: 1, maxLength: 3 })),
    {
      seed,
      numRuns: 600,
    },
  );
  const changes: string[] = [];
  for (const [id, [tree, steps]] of samples.entries()) {
    const change = steps.reduce((inner, step) => step(inner), 'v');
    changes.push(`${JSON.stringify(tree)} ${change}`);
    // The filler keeps the differences shorter than the document, so that they are logged.
    await server.connection.query('INSERT INTO d.j VALUES (?, ?)', [
      id,
      JSON.stringify({ a: tree, b: [tree, tree], filler: 'x'.repeat(500) }),
    ]);
    await server.query(`UPDATE d.j SET v = ${change} WHERE id = ${String(id)}`);
  }
  await server.flushLogs();
  const texts = await selectedTexts(server);
  const partial = loggedJson(server).filter(({ isPartial }) => isPartial);
  t.true(partial.length > samples.length / 4, String(partial.length));
  t.log(`${String(partial.length)} partial updates`);
  for (const { id, value, after } of partial) {
    t.is(updatedTextOf(value, after ?? new Uint8Array()), texts.get(id) ?? '', changes[id]);
  }
});

const anyKey = fc.constantFrom('a', 'b', 'c d', 'é', 'zz', 'q"');
const { anyTree } = fc.letrec((tie) => ({
  anyTree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, 0, -1, 1.5, 70_000, 'text', ''),
    fc.array(tie('anyTree'), { maxLength: 4 }),
    fc.dictionary(anyKey, tie('anyTree'), { maxKeys: 4 }),
  ),
}));

const anyLeg = fc.oneof(
  anyKey.map((key) => `.${JSON.stringify(key)}`),
  fc.constantFrom('[0]', '[1]', '[3]', '[last]', '[last-1]', '[last-3]'),
);
const anyPath = fc
  .tuple(fc.constantFrom('$.a', '$.b', '$.b[0]', '$.b[1]'), fc.array(anyLeg, { maxLength: 3 }))
  .map(([first, legs]) => mysql.escape(first + legs.join('')));

/** One JSON function around another: what an UPDATE must look like to be logged as differences. */
const anyChange = fc.oneof(
  fc
    .tuple(fc.constantFrom('JSON_SET', 'JSON_REPLACE'), anyPath, anyTree)
    .map(([name, path, tree]) => {
      const value = `CAST(${mysql.escape(JSON.stringify(tree))} AS JSON)`;
      return (inner: string) => `${name}(${inner}, ${path}, ${value})`;
    }),
  anyPath.map((path) => (inner: string) => `JSON_REMOVE(${inner}, ${path})`),
);

async function startJsonServer(
  kind: ServerKind,
  t: { teardown(stop: () => Promise<void>): void },
  args: readonly string[] = [],
): Promise<Server> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  await server.query(`CREATE DATABASE d; ${jsonTable}`);
  return server;
}

/** MySQL refuses keys over 64 KiB only, but U+0000 in a key or string is fine; numbers too. */
function isStorable(value: unknown): boolean {
  return JSON.stringify(value).length < 50_000;
}

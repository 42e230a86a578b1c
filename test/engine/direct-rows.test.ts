// Goal: the few rows of a small batch, which go straight into their tables, are whole or gone after a
// kill, and what an insert would do beyond that is left to staging tables. Method: real kills, and a
// table for each thing that a table may have; the file that rows wait in tells which way they go.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import {
  encodeChanges,
  queryRows,
  type TableSchema,
  type WriteBatch,
} from '../../src/protocol/index.js';
import { buildChanges, buildStream, column } from './change-builder.js';
import { fillFolder, runChild } from './crash.js';
import { EngineProcess } from './engine-process.js';
import { applyBatch, createTable, keyedTable, throwsCode } from './engine-suite.js';
import { openEmbeddedEngine } from './open-engine.js';
import { put, readRows, remove } from './rows.js';

const crashChild = fileURLToPath(new URL('crash-child.ts', import.meta.url));
const schema = keyedTable('direct');

let root = '';
test.before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'theflash-direct-'));
});
test.after.always(async () => {
  await rm(root, { recursive: true, force: true });
});

const fileOf = (folder: string): string => path.join(folder, '.theflash', 'direct-rows');

test.serial('they wait in a file of the folder from before the commit to its end', async (t) => {
  const folder = path.join(root, 'waits');
  await fillFolder(folder);
  t.false(existsSync(fileOf(folder)));
  for (const place of ['after-direct-rows', 'after-commit-record']) {
    t.is(await runChild(crashChild, folder, { THEFLASH_FAILPOINT: place }), 'SIGKILL');
    t.true(existsSync(fileOf(folder)), place);
    const engine = await openEmbeddedEngine(folder);
    t.false(existsSync(fileOf(folder)), place);
    await engine.close();
  }
});

test.serial('a file that is cut short or changed is refused, with a way out', async (t) => {
  const folder = path.join(root, 'cut');
  await fillFolder(folder);
  const env = { THEFLASH_FAILPOINT: 'after-commit-record' };
  t.is(await runChild(crashChild, folder, env), 'SIGKILL');
  const whole = await readFile(fileOf(folder));
  const refused = async (bytes: Uint8Array, reason: RegExp): Promise<void> => {
    await writeFile(fileOf(folder), bytes);
    const error = await throwsCode(t, () => openEmbeddedEngine(folder), 'BROKEN_DATA');
    t.regex(error.message, reason);
    t.regex(error.hint ?? '', /backup/);
  };
  await refused(new Uint8Array(0), /direct-rows is cut short: rows of the last commit/);
  for (const length of [3, 4, 100, whole.length - 1]) {
    await refused(whole.subarray(0, length), /direct-rows is (?:cut short|not as it was written)/);
  }
  for (const at of [0, 4, 20, whole.length >> 1, whole.length - 1]) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    await refused(flipped, /direct-rows is not as it was written/);
  }
});

test.serial('rows of a finished commit do not come back over a TRUNCATE', async (t) => {
  const folder = path.join(root, 'truncate');
  await fillFolder(folder);
  const engine = await EngineProcess.open(folder);
  const writes = [{ database: 'keyed', isKeyed: true, changes: [put(3, 'new')] }];
  await engine.run({ do: 'batch', writes, commit: { source: 'crash', text: 'second' } });
  await engine.execute('TRUNCATE TABLE keyed.t');
  await engine.kill();
  const again = await openEmbeddedEngine(folder);
  t.deepEqual(await readRows(again, 'keyed'), []);
  t.is(await again.readCheckpoint('crash'), 'second');
  await again.close();
});

/** What a table may have beside its columns, and whether rows still go straight into it. */
const kinds: readonly [what: string, definition: string, isDirect: boolean][] = [
  ['nothing', '(id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY id', true],
  [
    'a default',
    `(id Int64, v Nullable(String) DEFAULT 'x') ENGINE = MutableMergeTree ORDER BY id`,
    true,
  ],
  [
    'a constraint',
    `(id Int64, v Nullable(String), CONSTRAINT c CHECK id < 100) ENGINE = MutableMergeTree ORDER BY id`,
    false,
  ],
  [
    'an index',
    '(id Int64, v Nullable(String), INDEX i v TYPE bloom_filter) ENGINE = MutableMergeTree ORDER BY id',
    false,
  ],
  [
    'a computed column',
    '(id Int64, v Nullable(String), n UInt64 MATERIALIZED ifNull(length(v), 0)) ENGINE = MutableMergeTree ORDER BY id',
    false,
  ],
  [
    'partitions',
    '(id Int64, v Nullable(String)) ENGINE = MutableMergeTree PARTITION BY id % 2 ORDER BY id',
    false,
  ],
  ['no key', '(id Int64, v Nullable(String)) ENGINE = MutableMergeTree ORDER BY tuple()', false],
];

for (const [what, definition, isDirect] of kinds) {
  test.serial(
    `a table with ${what}: ${isDirect ? 'straight' : 'by a staging table'}`,
    async (t) => {
      const folder = path.join(root, what.replaceAll(' ', '-'));
      const made = await openEmbeddedEngine(folder);
      await made.execute(`CREATE DATABASE direct; CREATE TABLE direct.t ${definition}`);
      await made.close();
      const engine = await EngineProcess.open(
        folder,
        {},
        { THEFLASH_FAILPOINT: 'stop:after-publish' },
      );
      t.teardown(() => engine.kill());
      t.timeout(900_000);
      const writes = [
        { database: 'direct', isKeyed: what !== 'no key', changes: [put(1, 'a'), put(2, null)] },
      ];
      const done = engine.run({ do: 'batch', writes, commit: { source: 's', text: 'c' } });
      await Promise.race([engine.untilStopped(), done]);
      t.is(existsSync(fileOf(folder)), isDirect);
      engine.resume();
      await done;
      t.deepEqual(await engine.rows('SELECT id, v FROM direct.t ORDER BY id'), [
        { id: 1n, v: 'a' },
        { id: 2n, v: null },
      ]);
    },
  );
}

test.serial('what a table refuses is refused before the commit', async (t) => {
  const engine = await openEmbeddedEngine(path.join(root, 'refused'));
  t.teardown(() => engine.close());
  await createTable(engine, 'direct');
  await applyBatch(engine, schema, [put(1, 'kept')]);
  const changed = (change: (stream: Uint8Array) => void) => async (): Promise<void> => {
    const batch = await engine.openBatch();
    try {
      const first = await batch.reserveVersions(1);
      const stream = buildStream(schema, [put(1, 'bad')], first);
      change(stream);
      await batch.append(schema, stream);
      await batch.commit('test', 'bad');
    } finally {
      await batch.close();
    }
  };
  const versionAt = (stream: Uint8Array): number => stream.length - 16;
  const delmark = encodeChanges({
    ...buildChanges(schema, [put(1, 'bad')]),
    delmarks: Uint8Array.of(2),
  });
  const { stream: marked } = delmark;
  await t.throwsAsync(changed((stream) => stream.set(marked.subarray(0, versionAt(marked)))));
  await t.throwsAsync(
    changed((stream) => stream.fill(0, versionAt(stream), versionAt(stream) + 8)),
  );
  await t.throwsAsync(
    changed((stream) => stream.fill(0xff, versionAt(stream), versionAt(stream) + 8)),
    { message: /not reserved for the batch/ },
  );
  t.deepEqual(await readRows(engine, 'direct'), ['1 kept']);
  t.is(await engine.readCheckpoint('test'), 'x');
  await applyBatch(engine, schema, [put(1, 'later')]);
  t.deepEqual(await readRows(engine, 'direct'), ['1 later']);
});

test.serial(
  'days that Arrow refuses go by a staging table, and the table as before after that',
  async (t) => {
    const engine = await openEmbeddedEngine(path.join(root, 'days'));
    t.teardown(() => engine.close());
    await engine.execute(
      `CREATE DATABASE direct;
     CREATE TABLE direct.t (id Int64, d Nullable(Date32)) ENGINE = MutableMergeTree ORDER BY id`,
    );
    const days: TableSchema = {
      ...schema,
      columns: [
        column('id', { kind: 'int', bits: 64, unsigned: false }),
        column('d', { kind: 'date' }, true),
      ],
    };
    const read = async (): Promise<unknown> =>
      (await queryRows(engine, 'SELECT toString(d) AS d FROM direct.t ORDER BY id')).map(
        (row) => row['d'],
      );
    await applyBatch(engine, days, [{ values: [1, 0] }, { values: [2, null] }]);
    t.deepEqual(await read(), ['1970-01-01', null]);
    await applyBatch(engine, days, [{ values: [1, -500_000] }, { values: [3, 1] }]);
    t.deepEqual(await read(), ['0601-01-18', null, '1970-01-02']);
    await applyBatch(engine, days, [{ values: [1, 2] }]);
    t.deepEqual(await read(), ['1970-01-03', null, '1970-01-02']);
  },
);

test.serial(
  'more than a batch may hold in memory, and a table twice, go by staging tables',
  async (t) => {
    const engine = await openEmbeddedEngine(path.join(root, 'many'));
    t.teardown(() => engine.close());
    const databases = Array.from({ length: 60 }, (_, index) => `many${index}`);
    for (const database of databases) await createTable(engine, database);
    const long = 'x'.repeat(200_000);
    const batch = await engine.openBatch();
    for (const database of databases) await append(batch, database, long);
    await append(batch, 'many0', 'second');
    await batch.commit('test', 'c');
    await batch.close();
    for (const database of databases) {
      const wanted = database === 'many0' ? 'second' : long;
      t.deepEqual(await readRows(engine, database), [`1 ${wanted}`]);
    }
  },
);

async function append(batch: WriteBatch, database: string, text: string): Promise<void> {
  const table = keyedTable(database);
  const changes = [remove(2), put(1, text)];
  const first = await batch.reserveVersions(changes.length);
  await batch.append(table, buildStream(table, changes, first));
}

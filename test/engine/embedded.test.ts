import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import type { Engine } from '../../src/protocol/index.js';
import { defineBatchSuite } from './batch-suite.js';
import { defineEngineSuite } from './engine-suite.js';
import { defineSnapshotSuite } from './snapshot-suite.js';
import { defineStatementSuite } from './statement-suite.js';
import { defineTypesSuite } from './types-suite.js';
import { openEmbeddedEngine } from './open-engine.js';

let folder = '';
let engine: Engine | undefined;

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'theflash-engine-'));
  engine = await openEmbeddedEngine(folder);
});

test.after.always(async () => {
  await engine?.close();
  await rm(folder, { recursive: true, force: true });
});

const under = {
  engine: (): Engine => {
    if (engine === undefined) throw new Error('the engine did not open');
    return engine;
  },
};

defineEngineSuite(test, under);
defineBatchSuite(test, under);
defineSnapshotSuite(test, under);
defineStatementSuite(test, under);
defineTypesSuite(test, under);

test.serial(
  'messages lie in the buffers of a reader who has some, with their checksums',
  async (t) => {
    const given = new Set<ArrayBufferLike>();
    const buffers = {
      take: (lengthBytes: number): Uint8Array<ArrayBuffer> => {
        const bytes = new Uint8Array(lengthBytes);
        given.add(bytes.buffer);
        return bytes;
      },
      give: (buffer: ArrayBuffer): void => void given.delete(buffer),
    };
    // Batches that grow: each of the larger ones is asked for twice.
    const sql = `SELECT number, repeat('x', toUInt32(number / 2)) AS s FROM numbers(20000)
    SETTINGS max_block_size = 1000, max_threads = 1`;
    const expected: string[] = [];
    for await (const { bytes } of await under.engine().query(sql)) {
      expected.push(Buffer.from(bytes).toString('base64'));
    }
    const kept: Uint8Array[] = [];
    for await (const message of await under.engine().query(sql, { buffers, checksum: true })) {
      t.true(given.has(message.bytes.buffer));
      t.is(message.crc32, crc32(message.bytes));
      kept.push(message.bytes);
    }
    // None was written to again.
    t.deepEqual(
      kept.map((bytes) => Buffer.from(bytes).toString('base64')),
      expected,
    );
    t.true(kept.length > 15 && given.size <= kept.length + 1, `${given.size} buffers`);
  },
);

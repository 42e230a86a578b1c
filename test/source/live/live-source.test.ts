import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { EventFramer } from '../../../src/binlog/index.js';
import type { FlashError, LogInput, Source } from '../../../src/protocol/index.js';
import type { Server } from '../../servers/index.js';
import { testWith } from '../../servers/test-with.js';
import { liveKinds, openLive, startLive, urlOf } from './live-server.js';

/** LOG_EVENT_BINLOG_IN_USE_F stands in the file of a log that is being written, and is never sent. */
const flagsOffset = 4 + 17;

async function readAll(log: LogInput | undefined, offset = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of log?.chunks(offset) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function fileOf(server: Server, log: LogInput | undefined): Buffer {
  const bytes = readFileSync(path.join(server.folder, log?.name ?? ''));
  bytes[flagsOffset] = (bytes[flagsOffset] ?? 0) & ~1;
  return bytes;
}

async function workload(server: Server): Promise<void> {
  await server.query(`CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v LONGBLOB);
    INSERT INTO s.t VALUES (1, 'a'), (2, REPEAT('x', 16777000)), (3, REPEAT('y', 40000000))`);
  // Around 16 MiB, where an event ends with a packet or goes on in the next one.
  for (const size of [16_777_120, 16_777_150, 16_777_160, 16_777_170, 16_777_215]) {
    await server.query(`REPLACE INTO s.t VALUES (4, REPEAT('z', ${size}))`);
  }
  await server.flushLogs();
  for (let id = 10; id < 400; id += 1)
    await server.query(`INSERT INTO s.t VALUES (${id}, '${id}')`);
  await server.flushLogs();
  await server.query(`UPDATE s.t SET v = 'b' WHERE id > 100; DELETE FROM s.t WHERE id = 2`);
}

function eventOffsets(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (const raw of new EventFramer('x').push(bytes)) offsets.push(raw.header.offset);
  return offsets;
}

async function sameBytes(
  t: ExecutionContext,
  server: Server,
  log: LogInput | undefined,
): Promise<void> {
  const found = await readAll(log);
  const expected = fileOf(server, log);
  t.true(found.equals(expected.subarray(0, found.length)), `${log?.name ?? ''} is its file`);
  t.is(found.length, Number(log?.sizeBytes));
}

for (const kind of liveKinds) {
  testWith(kind)(`${kind}: a server gives its logs as they stand in their files`, async (t) => {
    const server = await startLive(t, kind);
    await workload(server);
    const source = await openLive(t, urlOf(server));
    t.is(source.logs.length, 3);
    for (const log of source.logs) await sameBytes(t, server, log);

    const [, middle] = source.logs;
    const bytes = fileOf(server, middle);
    const offsets = eventOffsets(bytes);
    for (const offset of [offsets[5], offsets[100], offsets.at(-1), bytes.length].map(Number)) {
      const rest = await readAll(middle, offset);
      t.true(rest.equals(bytes.subarray(offset)), `from ${offset}`);
    }
  });

  testWith(kind)(
    `${kind}: logs that are written later are not read, unless followed`,
    async (t) => {
      const server = await startLive(t, kind, ['--binlog-checksum=NONE']);
      await server.query('CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)');
      const source = await openLive(t, urlOf(server));
      const stop = new AbortController();
      const followed = await openLive(t, urlOf(server), { follow: true, signal: stop.signal });
      const [log] = source.logs;
      const before = log?.sizeBytes ?? 0;
      await server.query('INSERT INTO s.t VALUES (1)');
      t.is((await readAll(log)).length, before);

      await server.flushLogs();
      await server.query('INSERT INTO s.t VALUES (2)');
      const logs = (await openLive(t, urlOf(server))).logs;
      const files = Buffer.concat(logs.map((each) => fileOf(server, each)));
      const chunks: Uint8Array[] = [];
      let have = 0;
      let next = followed.logs[0];
      while (next !== undefined) {
        for await (const chunk of next.follow?.(0) ?? []) {
          chunks.push(chunk);
          have += chunk.length;
          // Nothing more comes: only the signal ends the waiting.
          if (have >= files.length) stop.abort();
        }
        next = followed.next?.(next.name ?? '');
      }
      // MariaDB may have added a BINLOG_CHECKPOINT meanwhile.
      t.true(Buffer.concat(chunks).subarray(0, files.length).equals(files));
      t.deepEqual(
        followed.logs.map(({ name }) => name),
        logs.map(({ name }) => name),
      );
    },
  );

  testWith(kind)(`${kind}: a second reader of the same id is told to the first one`, async (t) => {
    const server = await startLive(t, kind);
    const stop = new AbortController();
    const live = { follow: true, serverId: 4242, signal: stop.signal };
    const first = await openLive(t, urlOf(server), live);
    const second = await openLive(t, urlOf(server), live);
    const error = t.throwsAsync<FlashError>(
      readOn(first, () => readOn(second, () => Promise.resolve())),
    );
    t.like(await error, { code: 'INVALID_REQUEST' });
    t.regex((await error).hint ?? '', /--server-id/);
    stop.abort();
  });
}

/** Follows the first log to its end, which does not come by itself; calls `onBytes` at the first ones. */
async function readOn(source: Source, onBytes: () => Promise<void>): Promise<void> {
  let started: Promise<void> | undefined;
  for await (const chunk of source.logs[0]?.follow?.(0) ?? []) {
    if (chunk.length > 4) started ??= onBytes();
  }
  await started;
}

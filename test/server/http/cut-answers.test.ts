// Goal: no client takes an answer that failed on its way for a whole one, packed or not. Method: raw bytes
// of sockets, curl and @clickhouse/client, for errors, time-outs and a server that stops.
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { gunzipSync, inflateSync } from 'node:zlib';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import test from 'ava';
import { startHttp, type HttpServer } from './http-server.js';

let server: HttpServer;
test.before(async () => {
  server = await startHttp({ limits: { drainTimeoutMs: 200 } });
});
test.after.always(async () => {
  await server.stop();
});

const packings: readonly (readonly [name: string, unpack: (bytes: Buffer) => Buffer])[] = [
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
  ['identity', (bytes): Buffer => bytes],
];
const failing = (at: number): string =>
  `SELECT number, throwIf(number = ${at}) FROM numbers(${at + 100_000}) FORMAT TSV`;

/** An answer as it came: its head, the data of its chunks, and whether a last chunk ended it. */
interface RawAnswer {
  head: string;
  data: Buffer;
  isWhole: boolean;
}

/** Sends a statement and reads until the server closes the connection. */
async function readRaw(
  sql: string,
  packing: string,
  rest = '',
  onData?: () => void,
): Promise<RawAnswer> {
  const socket = connect(server.port, '127.0.0.1');
  const path = `/?enable_http_compression=1&max_block_size=1000${rest}`;
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nX-ClickHouse-Key: ${server.token}\r\n` +
      `Accept-Encoding: ${packing}\r\nConnection: close\r\nContent-Length: ${sql.length}\r\n\r\n${sql}`,
  );
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => {
    pieces.push(piece);
    onData?.();
  });
  await new Promise((resolve) => socket.on('close', resolve));
  const bytes = Buffer.concat(pieces);
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  return { head: bytes.subarray(0, headEnd).toString(), ...readChunks(bytes.subarray(headEnd)) };
}

function readChunks(bytes: Buffer): { data: Buffer; isWhole: boolean } {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16);
    if (length === 0) return { data: Buffer.concat(pieces), isWhole: true };
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
  return { data: Buffer.concat(pieces), isWhole: false };
}

test.serial(
  'an error near the beginning has its status, unless the client has nothing held back',
  async (t) => {
    const sql = 'SELECT sleepEachRow(0.01), throwIf(number = 10) FROM numbers(20)';
    const held = await readRaw(sql, 'identity', '&max_block_size=1');
    t.regex(held.head, /^HTTP\/1\.1 500 [^]*Exception-Code: 395/i);
    const sent = await readRaw(sql, 'identity', '&max_block_size=1&wait_end_of_query=0');
    t.regex(sent.head, /^HTTP\/1\.1 200 /);
    const tag = /Exception-Tag: (\w+)/i.exec(sent.head)?.[1] ?? '';
    t.regex(sent.data.toString(), new RegExp(`__exception__\r\n${tag}\r\nCode: 395\\. `));
    t.false(sent.isWhole);
    const wrong = await readRaw('SELECT x', 'identity', '&wait_end_of_query=0');
    t.regex(wrong.head, /^HTTP\/1\.1 404 /);
  },
);

for (const [packing, unpack] of packings) {
  test.serial(`${packing}: an error after rows leaves the last chunk out`, async (t) => {
    // Beyond the first piece, and beyond what wait_end_of_query holds.
    for (const [at, rest] of [
      [100_000, ''],
      [2_000_000, ''],
      [2_000_000, '&wait_end_of_query=1'],
    ] as const) {
      const { head, data, isWhole } = await readRaw(failing(at), packing, rest);
      t.regex(head, /^HTTP\/1\.1 200 /);
      t.is(
        /content-encoding: (\w+)/i.exec(head)?.[1],
        packing === 'identity' ? undefined : packing,
      );
      t.false(isWhole, `${at}${rest}`);
      const tag = /exception-tag: (\w+)/i.exec(head)?.[1] ?? '';
      const told = /^([^]*)\r\n__exception__\r\n(\w+)\r\n([^]*\n)(\d+) (\w+)\r\n__exception__\r\n$/;
      const [, rows, first, text = '', length, last] = told.exec(unpack(data).toString()) ?? [];
      t.true(rows?.startsWith('0\t0\n1\t0\n'));
      t.true(text.startsWith('Code: 395. DB::Exception'));
      t.deepEqual([first, last, Number(length)], [tag, tag, Buffer.byteLength(text)]);
    }
    const held = await readRaw(failing(100_000), packing, '&wait_end_of_query=1');
    t.regex(held.head, /^HTTP\/1\.1 500 /);
  });

  test.serial(`${packing}: so does the end of its time`, async (t) => {
    const sql = 'SELECT number FROM system.numbers FORMAT TSV';
    const { data, isWhole } = await readRaw(sql, packing, '&max_execution_time=2');
    t.false(isWhole);
    t.regex(unpack(data).subarray(-1000).toString(), /Code: 159\.[^]*__exception__\r\n$/);
  });

  test.serial(`${packing}: an answer without an error is whole`, async (t) => {
    const sql = 'SELECT number FROM numbers(1000000) FORMAT TSV';
    for (const rest of ['', '&wait_end_of_query=1']) {
      const { data, isWhole } = await readRaw(sql, packing, rest);
      t.true(isWhole);
      t.true(unpack(data).toString().endsWith('\n999999\n'));
    }
  });

  test.serial(`${packing}: curl tells that the answer is not whole`, async (t) => {
    const path = `/?enable_http_compression=1&max_block_size=1000`;
    const args = ['-s', '-o', '/dev/null', '-H', `X-ClickHouse-Key: ${server.token}`];
    if (packing !== 'identity') args.push('-H', `Accept-Encoding: ${packing}`);
    args.push('--data-binary', failing(300_000), server.url + path);
    const error = await t.throwsAsync(promisify(execFile)('curl', args));
    t.like(error, { code: 18 });
  });
}

for (const response of [false, true]) {
  test.serial(
    `@clickhouse/client, ${response ? 'packed' : 'plain'}: every way of reading throws`,
    async (t) => {
      const client = createClient({
        url: server.url,
        password: server.token,
        compression: { response },
        log: { level: ClickHouseLogLevel.OFF },
      });
      const query = 'SELECT number, throwIf(number = 300000) AS t FROM numbers(400000)';
      const settings = { clickhouse_settings: { max_block_size: '1000' } };
      for (const format of ['CSV', 'JSONEachRow', 'JSON', 'TabSeparated'] as const) {
        const result = await client.query({ query, format, ...settings });
        await t.throwsAsync(result.text(), undefined, format);
      }
      const rows = await client.query({ query, format: 'JSONEachRow', ...settings });
      await t.throwsAsync(rows.json());
      await client.close();
    },
  );
}

test.serial('a server that stops leaves the last chunk out', async (t) => {
  const endless = "SELECT number, repeat('x', 100) FROM system.numbers FORMAT TSV";
  const answers: Promise<RawAnswer>[] = [];
  for (const [packing] of packings) {
    // A head is sent: an error before it would have a status.
    await new Promise<void>((resolve) => {
      answers.push(readRaw(endless, packing, '', resolve));
    });
  }
  await server.served.server.close();
  for (const [index, { data, isWhole }] of (await Promise.all(answers)).entries()) {
    const [packing, unpack] = packings[index] ?? ['', gunzipSync];
    t.false(isWhole, packing);
    t.regex(unpack(data).subarray(-1000).toString(), /Code: 394\.[^]*__exception__\r\n$/, packing);
  }
});

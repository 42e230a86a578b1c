// Goal: ClickHouse's own packed blocks, LZ4 and zstd go in and out as they are, and damaged or lying ones are
// refused. Method: blocks that another implementation made (clickhouse-java 0.10.0, as fixtures), random
// bytes there and back, and requests to a served engine.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import test from 'ava';
import { execa } from 'execa';
import { FlashError } from '../../../src/protocol/index.js';
import { BlockPacker, Lz4Packer } from '../../../src/server/http/answer-packers.js';
import { cityHash128 } from '../../../src/server/http/city-hash.js';
import { unpackLz4Block } from '../../../src/server/http/lz4-block.js';
import { packLz4Block } from '../../../src/server/http/lz4-pack.js';
import { Lz4Unpacker } from '../../../src/server/http/lz4-unpacker.js';
import { NativeBlocks, packNativeBlock } from '../../../src/server/http/native-blocks.js';
import { run, send, startHttp, type HttpServer } from './http-server.js';

const fixture = JSON.parse(
  readFileSync(new URL('fixtures/native-blocks.json', import.meta.url), 'utf8'),
) as { hashes: { length: number; hash: string }[]; plain: string; blocks: string };
const fixtureBlocks = Buffer.from(fixture.blocks, 'base64');

let server: HttpServer;
test.before(async () => {
  server = await startHttp();
});
test.after.always(async () => {
  await server.stop();
});

function unpack(...pieces: Buffer[]): Buffer {
  const blocks = new NativeBlocks();
  return Buffer.concat([...pieces.flatMap((piece) => [...blocks.feed(piece)]), ...blocks.end()]);
}

async function throughStream(
  bytes: Buffer[],
  ...through: NodeJS.ReadWriteStream[]
): Promise<Buffer> {
  let stream: NodeJS.ReadableStream = Readable.from(bytes);
  for (const each of through) stream = stream.pipe(each);
  const pieces: Buffer[] = [];
  for await (const piece of stream) if (Buffer.isBuffer(piece)) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('the hash is that of another implementation, at each length', (t) => {
  t.true(fixture.hashes.length > 300);
  for (const { length, hash } of fixture.hashes) {
    const bytes = Buffer.from(Array.from({ length }, (_, at) => (at * 131 + (at >> 8) * 7) & 255));
    t.is(cityHash128(bytes).toString('hex'), hash, String(length));
  }
});

test('blocks of another implementation are unpacked, however they come', (t) => {
  t.is(unpack(fixtureBlocks).toString(), fixture.plain);
  t.is(unpack(...Array.from(fixtureBlocks, (byte) => Buffer.of(byte))).toString(), fixture.plain);
});

test('what is packed here comes back', async (t) => {
  const texts = [0, 1, 4, 12, 13, 20, 100, 70_000, 600_000].flatMap((length) => [
    randomBytes(length),
    Buffer.alloc(length, 'abcd'),
    Buffer.from('value 17 of many\t'.repeat(length / 16 + 1)).subarray(0, length),
  ]);
  for (const bytes of texts) {
    const block = packLz4Block(bytes);
    t.deepEqual(unpackLz4Block(block, Buffer.alloc(0), bytes.length), bytes);
    t.deepEqual(unpack(packNativeBlock(bytes)), bytes);
  }
  t.deepEqual(unpack(await throughStream(texts, new BlockPacker())), Buffer.concat(texts));
  const frame = throughStream(texts, new Lz4Packer(), new Lz4Unpacker());
  t.deepEqual(await frame, Buffer.concat(texts));
});

test('a cut or changed block is an error of ours', (t) => {
  const block = packNativeBlock(Buffer.from('value 17 of many\t'.repeat(40)));
  for (let at = 1; at < block.length; at += 1) {
    const cut = t.throws(() => unpack(block.subarray(0, at)), { instanceOf: FlashError });
    t.is(cut.code, 'INVALID_REQUEST');
    const damaged = Buffer.from(block);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    t.throws(() => unpack(damaged), { instanceOf: FlashError }, String(at));
  }
});

test('a block that says to be huge is refused before it is unpacked', (t) => {
  const block = packNativeBlock(Buffer.alloc(100));
  block.writeUInt32LE(0x7f_ff_ff_ff, 21);
  t.is(t.throws(() => unpack(block), { instanceOf: FlashError }).code, 'TOO_LARGE');
  block.writeUInt32LE(16 * 1024 * 1024, 21);
  t.regex(t.throws(() => unpack(block)).message, /more than it can/);
  block.writeUInt8(0x91, 16);
  t.is(t.throws(() => unpack(block), { instanceOf: FlashError }).code, 'UNSUPPORTED');
});

test('compress=1 and decompress=1 of a served engine', async (t) => {
  const sql = 'SELECT number, toString(number) FROM numbers(300000) FORMAT TSV';
  const plain = await run(server, sql);
  const packed = await send(server, '/?compress=1', { body: sql });
  t.true(packed.bytes.length < plain.length);
  t.is(unpack(packed.bytes).toString(), plain);
  t.is(
    unpack(
      (await send(server, '/?compress=1', { body: 'CREATE TABLE default.n (k Int8) ENGINE = Log' }))
        .bytes,
    ).length,
    0,
  );
  t.is(
    await run(
      server,
      'CREATE TABLE default.b (k Int64, v String) ENGINE = MutableMergeTree ORDER BY k',
    ),
    '',
  );
  const rows = Buffer.from(plain);
  const blocks = [rows.subarray(0, 1000), rows.subarray(1000)].map((each) => packNativeBlock(each));
  const insert = `/?decompress=1&query=${encodeURIComponent('INSERT INTO default.b FORMAT TSV')}`;
  t.is((await send(server, insert, { body: Buffer.concat(blocks) })).text, '');
  t.is(
    await run(server, 'SELECT count(), sum(k), max(v) FROM default.b'),
    '300000\t44999850000\t99999\n',
  );
  const damaged = Buffer.concat(blocks);
  damaged[30] = (damaged[30] ?? 0) ^ 1;
  const refused = await send(server, insert, { body: damaged });
  t.is(refused.headers['x-clickhouse-exception-code'], '40');
  t.is(
    (await send(server, insert, { body: Buffer.from('no block') })).headers[
      'x-clickhouse-exception-code'
    ],
    '271',
  );
});

test('an error after rows is told in a packed block', async (t) => {
  const sql =
    'SELECT number, throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000';
  const broken = await t.throwsAsync(send(server, '/?compress=1', { body: sql }));
  t.truthy(broken);
});

const hasZstd = spawnSync('zstd', ['--version']).status === 0;

(hasZstd ? test : test.skip)(
  'zstd comes in, and lz4 goes out where nothing else is taken',
  async (t) => {
    const text = 'SELECT length({s:String})';
    const { stdout } = await execa('zstd', ['-c'], { input: text, encoding: 'buffer' });
    const reply = await send(server, '/?param_s=abc', {
      body: Buffer.from(stdout),
      headers: { 'content-encoding': 'zstd' },
    });
    t.is(reply.text, '3\n');
    const no = await send(server, '/', {
      body: 'SELECT 1',
      headers: { 'content-encoding': 'zstd' },
    });
    t.deepEqual([no.status, no.headers['x-clickhouse-exception-code']], [400, '36']);
    const out = await send(server, '/?enable_http_compression=1', {
      body: 'SELECT number FROM numbers(100000)',
      headers: { 'accept-encoding': 'zstd, lz4' },
    });
    t.is(out.headers['content-encoding'], 'lz4');
    const plain = await throughStream([out.bytes], new Lz4Unpacker());
    t.is(plain.toString(), await run(server, 'SELECT number FROM numbers(100000)'));
  },
);

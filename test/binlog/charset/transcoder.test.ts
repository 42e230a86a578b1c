import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { decodeText } from '../../../src/binlog/charset/decode-text.js';
import { createTranscoder } from '../../../src/binlog/charset/transcoder.js';
import { ByteSink } from '../../../src/binlog/columns/byte-sink.js';
import { FlashError } from '../../../src/protocol/index.js';
import { multiByteCharsets, singleByteCharsets, unicodeCharsets } from './server-codes.js';
import { transcode } from './transcode.js';

const all = [...singleByteCharsets, ...multiByteCharsets, ...unicodeCharsets];

/** Codes of each charset and their text, as MySQL 9.7 stored and selected them. */
const golden: unknown = JSON.parse(
  readFileSync(new URL('../../fixtures/charset/mysql-9.7.json', import.meta.url), 'utf8'),
);

for (const charset of all) {
  test(`text of ${charset} reads as recorded from MySQL 9.7`, (t) => {
    const [bytes, text] = goldenOf(charset);
    t.true(bytes.length > 0);
    t.is(transcode(charset, Buffer.from(bytes, 'hex')).toString('utf8'), text);
  });
}

test('UTF-8 and binary are copied', (t) => {
  for (const charset of ['utf8', 'utf8mb3', 'utf8mb4', 'binary']) {
    t.is(createTranscoder(charset), 'copy');
  }
});

test('an unknown charset is refused by name', (t) => {
  for (const charset of ['filename', 'constructor', '']) {
    const error = t.throws(() => createTranscoder(charset), { instanceOf: FlashError });
    t.is(error.code, 'UNSUPPORTED');
    t.true(error.message.includes(charset));
  }
});

const single: readonly [string, string, string][] = [
  ['latin1', '80818d8f909dff', '€\u0081\u008d\u008f\u0090\u009dÿ'],
  ['cp1251', '9841', '?A'],
  ['ascii', '41e9', 'A?'],
  ['swe7', '5b5c5d40', 'ÄÖÅÉ'],
  ['tis620', 'a1ff', 'ก\ufffd'],
  ['sjis', '5c7e815fb1', '\\~\\ｱ'],
  ['cp932', '815f8160817c', '＼～－'],
  ['gbk', '8140a1a4', '丂·'],
  ['gb18030', 'a1a481308130e3329a35', '·\u0080\u{10ffff}'],
  ['ujis', '8fb0a18eb1', '丂ｱ'],
  ['ucs2', '00410000ffff', 'A\0\uffff'],
  ['utf16', 'd83dde000041', '😀A'],
  ['utf16le', '3dd800de4100', '😀A'],
  ['utf32', '0001f60000000041', '😀A'],
];

for (const [charset, hex, text] of single) {
  test(`${charset} ${hex} is ${JSON.stringify(text)}`, (t) => {
    t.is(transcode(charset, Buffer.from(hex, 'hex')).toString('utf8'), text);
  });
}

test('a lone surrogate of ucs2 and utf32 is three bytes, as from servers before 8.0', (t) => {
  t.is(transcode('ucs2', Buffer.from('0041d8000042', 'hex')).toString('hex'), '41eda08042');
  t.is(transcode('utf32', Buffer.from('0000d800', 'hex')).toString('hex'), 'eda080');
});

test('bytes that are no code give a question mark each, and what follows is read', (t) => {
  t.is(transcode('gbk', Buffer.from('41ff42', 'hex')).toString(), 'A?B');
  t.is(transcode('gbk', Buffer.from('4181', 'hex')).toString(), 'A?');
  t.is(transcode('eucjpms', Buffer.from('8fa1', 'hex')).toString(), '??');
  t.is(transcode('gb18030', Buffer.from('813081', 'hex')).toString(), '?0?');
  t.is(transcode('utf16', Buffer.from('de000041d800', 'hex')).toString(), '?A?');
  t.is(transcode('ucs2', Buffer.from('004100', 'hex')).toString(), 'A?');
  t.is(transcode('utf32', Buffer.from('0011000000', 'hex')).toString(), '??');
});

test('any bytes give text of bounded size, appended to what the sink holds', (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.log(`SEED=${String(seed)}`);
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.uint8Array({ maxLength: 64 }), (charset, bytes) => {
      const transcoder = createTranscoder(charset);
      if (transcoder === 'copy') throw new Error(charset);
      const sink = new ByteSink();
      sink.writeAscii('>');
      transcoder(bytes, 1, bytes.length, sink);
      const text = Buffer.from(sink.bytes.subarray(0, sink.length));
      const isUtf8 =
        /^(?:ucs2|utf32)$/.test(charset) || Buffer.from(text.toString('utf8')).equals(text);
      return text[0] === 0x3e && isUtf8 && text.length <= 1 + bytes.length * 4;
    }),
    { seed, numRuns: 20_000 },
  );
  t.pass();
});

test('names and statements become strings', (t) => {
  t.is(decodeText(Buffer.from('c4e9', 'hex'), 'latin1'), 'Äé');
  t.is(decodeText(Buffer.from('xé😀').subarray(1), 'utf8mb4'), 'é😀');
  t.is(decodeText(Buffer.from('816c', 'hex'), 'gbk'), '乴');
});

/** The bytes in hex, and the text. */
function goldenOf(charset: string): [string, string] {
  const entry: unknown = golden instanceof Object ? Reflect.get(golden, charset) : undefined;
  if (!(entry instanceof Object && 'bytes' in entry && 'text' in entry)) throw new Error(charset);
  return [String(entry.bytes), String(entry.text)];
}

import { type Literal, withEdges } from './literals.js';
import type { Random } from './random.js';

/** Characters that a charset of MySQL can hold, for values that must survive its conversion. */
const alphabets = {
  utf8mb4: 'aZ09 \'"\\%_;ñßøЖ中日本語한€😀🚀\u0000\n\t\u200d\u{10ffff}',
  utf8: 'aZ09 \'"\\ñßøЖ中日本語한€\uffee',
  latin1: 'aZ09 \'"\\éßøÿ¡€†Š',
  ascii: 'aZ09 \'"\\~\u007f',
  cp1251: 'aZ09 ЖяЁё№«»',
  koi8r: 'aZ09 Жяё',
  latin2: 'aZ09 łŁžőű',
  greek: 'aZ09 αβΩώ',
  ucs2: 'aZ09 ñЖ中日本語한€',
  utf16: 'aZ09 ñЖ中日本語한€😀',
  utf16le: 'aZ09 ñЖ中日本語한€😀',
  utf32: 'aZ09 ñЖ中日本語한€😀',
  gbk: 'aZ09 中国汉字',
  big5: 'aZ09 中國漢字',
  sjis: 'aZ09 日本語カナｱｲ',
  ujis: 'aZ09 日本語カナ',
  euckr: 'aZ09 한국어',
} as const;

export type Charset = keyof typeof alphabets;

/** Text of up to `lengthMax` characters that `charset` can hold. */
export function text(charset: Charset, lengthMax: number): Literal {
  const alphabet = Array.from(alphabets[charset]) as [string, ...string[]];
  const longest = quoteText((alphabet.at(-1) ?? 'a').repeat(lengthMax));
  return withEdges(["''", quoteText('a'), longest], (random) => {
    const length = random.int(0, Math.min(lengthMax, random.chance(5) ? 3000 : 40));
    return quoteText(Array.from({ length }, () => random.pick(alphabet)).join(''));
  });
}

/** Bytes, `lengthMax` at most. */
export function bytes(lengthMax: number): Literal {
  const edges: [string, ...string[]] = ["''", "x'00'", `x'${'ff'.repeat(lengthMax)}'`];
  return withEdges(edges, (random) => {
    const length = random.int(0, Math.min(lengthMax, random.chance(5) ? 3000 : 40));
    return `x'${random.bytes(length).toString('hex')}'`;
  });
}

/** A JSON document, objects and arrays up to three levels deep. */
export function json(): Literal {
  const edges: [string, ...string[]] = [
    "'null'",
    "'{}'",
    "'[]'",
    '\'""\'',
    "'0'",
    "'-9223372036854775808'",
    "'18446744073709551615'",
    "'1e300'",
    "'0.1'",
    "'true'",
    'CAST(123.4500 AS JSON)',
    "CAST(CAST('2020-02-29 12:34:56.789012' AS DATETIME(6)) AS JSON)",
    "CAST(CAST('-12:34:56' AS TIME) AS JSON)",
    "CAST(CAST('2021-03-04' AS DATE) AS JSON)",
    "JSON_OBJECT('d', 12345678901234567890.123456789, 'b', TRUE)",
  ];
  return withEdges(edges, (random) => quoteText(JSON.stringify(jsonValue(random, 3))));
}

/** JSON text in a MariaDB column, which keeps it as it was written. */
export function jsonText(): Literal {
  return (random) => quoteText(JSON.stringify(jsonValue(random, 3)));
}

function jsonValue(random: Random, depth: number): unknown {
  const kind = random.int(0, depth > 0 ? 7 : 5);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(50);
  if (kind === 2) return random.int(-100_000, 100_000);
  if (kind === 3) return random.int(-1e9, 1e9) / 1024;
  if (kind <= 5) return jsonString(random);
  const items = Array.from({ length: random.int(0, 5) }, () => jsonValue(random, depth - 1));
  if (kind === 6) return items;
  return Object.fromEntries(items.map((item) => [jsonString(random), item]));
}

function jsonString(random: Random): string {
  const alphabet = Array.from('abcXYZ"\\/ \n\té中😀') as [string, ...string[]];
  const length = random.int(0, random.chance(3) ? 300 : 8);
  return Array.from({ length }, () => random.pick(alphabet)).join('');
}

/** Quotes text as an SQL literal. */
export function quoteText(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\u0000', '\\0')
    .replaceAll('\n', '\\n');
  return `'${escaped}'`;
}

import test from 'ava';
import { type JsonPathLeg, parseJsonPath } from '../../../src/binlog/values/json-path.js';
import { FlashError } from '../../../src/protocol/index.js';

const paths: readonly [string, string[]][] = [
  ['$', []],
  ['$.a', ['a']],
  ['$.a.b[3]', ['a', 'b', '3']],
  ['$[0][4294967295]', ['0', '4294967295']],
  ['$[last].x[last-2]', ['end 0', 'x', 'end 2']],
  ['$."b c"."a.b[0]"', ['b c', 'a.b[0]']],
  ['$.""', ['']],
  [String.raw`$."q\"\\\/\b\f\n\r\t\u0001\u001F"`, ['q"\\/\b\f\n\r\t\u0001\u001f']],
  ['$.é."😀"', ['é', '😀']],
  ['$.$._', ['$', '_']],
];

for (const [path, legs] of paths) {
  test(`${path} is read`, (t) => {
    t.deepEqual(parse(path).map(shown), legs);
  });
}

const refused = [
  ...[
    '',
    'a',
    '$.',
    '$a',
    '$ .a',
    '$[',
    '$[]',
    '$[x]',
    '$[1',
    '$[-1]',
    '$[1 to 2]',
    '$[4294967296]',
  ],
  ...['$[las]', '$[last-]', '$[last+1]', '$[lastx]', '$."a', '$."a"x', String.raw`$."\x"`],
  ...[String.raw`$."\u00e9"`, String.raw`$."\u00`, '$."\\'],
];

for (const path of refused) {
  test(`${JSON.stringify(path)} is a format error`, (t) => {
    const error = t.throws(() => parse(path), { instanceOf: FlashError });
    t.is(error.code, 'BINLOG_FORMAT');
  });
}

test('a path is read where it lies, and no further', (t) => {
  const bytes = Buffer.from('xx$.ab.cd');
  t.deepEqual(parseJsonPath(bytes, 2, 5).map(shown), ['a']);
});

function parse(path: string): JsonPathLeg[] {
  const bytes = Buffer.from(path);
  return parseJsonPath(bytes, 0, bytes.length);
}

function shown(leg: JsonPathLeg): string {
  if (leg.kind === 'member') return Buffer.from(leg.name).toString('utf8');
  return leg.fromEnd ? `end ${String(leg.index)}` : String(leg.index);
}

import test from 'ava';
import { chooseTarget } from '../../src/cli/index.js';

const file = (output: string): unknown => {
  const { format, compression } = chooseTarget({ format: undefined, output, json: false }, 'pipe');
  return [format, compression];
};

test('the name of a file says its form and its compression', (t) => {
  t.deepEqual(file('a.arrow'), ['arrow-file', undefined]);
  t.deepEqual(file('a.feather'), ['arrow-file', undefined]);
  t.deepEqual(file('a.arrows'), ['arrow-stream', undefined]);
  t.deepEqual(file('a/b.c/x.PARQUET'), ['parquet', undefined]);
  t.deepEqual(file('a.json'), ['json', undefined]);
  t.deepEqual(file('a.csv.gz'), ['csv', 'gz']);
  t.deepEqual(file('a.b.JSONL.GZ'), ['jsonl', 'gz']);
});

test('a name that says nothing is refused, and taken with --format', (t) => {
  for (const name of ['a', 'a.txt.xz', 'a.gz', 'x.arow', '.csv', 'a.parquet.zip']) {
    const error = t.throws(() => file(name), { code: 'INVALID_REQUEST' }, name);
    t.true(error instanceof Error && error.message.startsWith(name));
  }
  const named = { format: 'csv' as const, output: 'a', json: false };
  t.like(chooseTarget(named, 'pipe'), { format: 'csv', compression: undefined });
  const packed = { format: 'csv' as const, output: 'a.gz', json: false };
  t.like(chooseTarget(packed, 'pipe'), { format: 'csv', compression: 'gz' });
});

test('stdout is a table on a terminal, an Arrow file in a file and a stream in a pipe', (t) => {
  const flags = { format: undefined, output: undefined, json: false };
  t.is(chooseTarget(flags, 'terminal').format, 'table');
  t.is(chooseTarget(flags, 'file').format, 'arrow-file');
  t.is(chooseTarget(flags, 'pipe').format, 'arrow-stream');
  t.is(chooseTarget({ ...flags, json: true }, 'file').format, 'json');
  t.throws(() => chooseTarget({ ...flags, format: 'arrow-file' }, 'terminal'));
  t.throws(() => chooseTarget({ ...flags, format: 'csv', json: true }, 'pipe'));
});

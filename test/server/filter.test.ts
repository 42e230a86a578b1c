import test from 'ava';
import fc from 'fast-check';
import type { RemoteEngine } from '../../src/engine/remote/index.js';
import { FlashError, queryRows, type Engine } from '../../src/protocol/index.js';
import type { Filter, Literal } from '../../src/protocol/wire/index.js';
import { openTestEngine, serveEngine, type TestServer } from './test-server.js';

/** Goal: the filter tree means on the real engine what docs/protocol.md says, judged by an evaluator of its own. */

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
let local: { engine: Engine; remove: () => Promise<void> } | undefined;
let server: TestServer | undefined;
let remote: RemoteEngine | undefined;

interface Row {
  id: number;
  n: number | null;
  f: number | null;
  s: string | null;
  u: bigint;
  d: number;
}

const numbers = [null, -2, 0, 1, 7];
const floats = [null, NaN, -1.5, 0, 1, Infinity];
const texts = [null, '', 'a', 'a%b', 'A_\\', "it's", 'ü', 'tab\t\n', 'aXb'];
const unsigned = [0n, 1n, 9_007_199_254_740_993n, 18_446_744_073_709_551_615n];
const days = [-25_567, -1, 0, 1, 20_000, 120_529];
const rows: Row[] = Array.from({ length: 600 }, (_, id) => ({
  id,
  n: numbers[id % 5] ?? null,
  f: floats[Math.floor(id / 5) % 6] ?? null,
  s: texts[Math.floor(id / 2) % 9] ?? null,
  u: unsigned[id % 4] ?? 0n,
  d: days[id % 6] ?? 0,
}));

test.before(async (t) => {
  t.log(`SEED=${seed}`);
  local = await openTestEngine();
  server = await serveEngine(local.engine);
  remote = await server.connect();
  const value = (each: number | null): string =>
    each === null ? 'NULL' : Number.isNaN(each) ? 'nan' : each === Infinity ? 'inf' : String(each);
  const list = rows.map((row) => {
    const s = row.s === null ? 'NULL' : `unhex('${Buffer.from(row.s).toString('hex')}')`;
    return `(${row.id}, ${value(row.n)}, ${value(row.f)}, ${s}, ${row.u}, CAST(${row.d}, 'Int32'))`;
  });
  await remote.execute(
    `CREATE DATABASE f; CREATE TABLE f.t (id UInt32, n Nullable(Int32), f Nullable(Float64), s Nullable(String), u UInt64, d Date32)
     ENGINE = MutableMergeTree ORDER BY id; INSERT INTO f.t VALUES ${list.join(', ')}`,
  );
});

test.after.always(async () => {
  await server?.stop();
  await local?.remove();
});

const engine = (): RemoteEngine => {
  if (remote === undefined) throw new Error('the server did not start');
  return remote;
};

const literals: Readonly<Record<'n' | 'f' | 's' | 'u' | 'd', fc.Arbitrary<Literal>>> = {
  n: fc.oneof(
    fc.constantFrom(
      ...['-2', '0', '1', '3', '99999999999999999999'].map((value): Literal => ({
        type: 'int',
        value,
      })),
    ),
    fc.constantFrom(
      ...['0.5', '1.0', '-2.00'].map((value): Literal => ({ type: 'decimal', value })),
    ),
  ),
  f: fc.constantFrom(
    ...['NaN', '-1.5', '0', '1e0', 'Infinity', '-Infinity'].map((value): Literal => ({
      type: 'float',
      value,
    })),
  ),
  s: fc.constantFrom(
    ...texts.filter((text) => text !== null).map((value): Literal => ({ type: 'string', value })),
  ),
  u: fc.constantFrom(
    ...unsigned.map((value): Literal => ({ type: 'int', value: String(value) })),
    { type: 'int', value: '18446744073709551616' } as const,
    { type: 'int', value: '-1' } as const,
  ),
  d: fc.constantFrom(
    ...[...days, 500_000, -100_000, 2_932_896].map((value): Literal => ({
      type: 'date',
      value: String(value),
    })),
  ),
};

const column = fc.constantFrom('n', 'f', 's', 'u', 'd' as const);
const nullLiteral: Literal = { type: 'null' };
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc
    .record({
      name: column,
      op: fc.constantFrom('=', '<=>', '<>', '<', '<=', '>', '>=' as const),
      isNull: fc.nat(9),
      swap: fc.boolean(),
    })
    .chain(({ name, op, isNull, swap }) =>
      literals[name].map((literal): Filter => {
        const left = { column: name };
        const right = { literal: isNull === 0 ? nullLiteral : literal };
        return swap ? { op, left: right, right: left } : { op, left, right };
      }),
    ),
  column.chain((name) =>
    fc
      .array(
        fc.oneof(
          { arbitrary: literals[name], weight: 5 },
          { arbitrary: fc.constant(nullLiteral), weight: 1 },
        ),
        { maxLength: 4 },
      )
      .map((values): Filter => ({ op: 'in', column: name, values })),
  ),
  column.map((name): Filter => ({ op: 'is-null', column: name })),
  fc
    .record({
      op: fc.constantFrom('starts', 'ends', 'contains' as const),
      text: fc.constantFrom('', 'a', '%', '_', '\\', "'", '\n'),
    })
    .map(({ op, text }): Filter => ({ op, column: 's', text })),
  fc.constantFrom(
    ...['a%', '%', 'a!%b', 'A!_\\', '_', '%\\', "%'%", 'a_b', '%\t%'].map((pattern): Filter => ({
      op: 'like',
      column: 's',
      pattern,
      escape: '!',
    })),
  ),
  fc.constantFrom<Filter>({ op: 'true' }, { op: 'false' }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({
      op: fc.constantFrom('and', 'or' as const),
      filters: fc.array(tie('filter'), { maxLength: 3 }),
    }),
    tie('filter').map((inner): Filter => ({ op: 'not', filter: inner })),
  ),
}));

test.serial('random trees pass the rows that they should', async (t) => {
  await fc.assert(
    fc.asyncProperty(filter, async (tree) => {
      const expected = rows.filter((row) => evaluate(tree, row) === true).map((row) => row.id);
      t.deepEqual(await idsOf(tree), expected, JSON.stringify(tree));
    }),
    { seed, numRuns: 120 },
  );
});

test.serial('wrong columns, escapes and texts are refused', async (t) => {
  const wrong: readonly Filter[] = [
    { op: 'is-null', column: 'no`such' },
    { op: 'like', column: 's', pattern: 'a!b', escape: '!' },
    { op: 'like', column: 's', pattern: 'a!', escape: '!' },
    { op: 'like', column: 's', pattern: 'a', escape: '' },
    { op: 'starts', column: 'n', text: 'x' },
  ];
  for (const tree of wrong) {
    const error = await t.throwsAsync(() => idsOf(tree), { instanceOf: FlashError });
    t.is(error.code, 'INVALID_REQUEST', JSON.stringify(tree));
  }
});

async function idsOf(tree: Filter): Promise<readonly number[]> {
  const plan = await engine().plan({
    ...{ database: 'f', table: 't', columns: ['id'], filter: tree },
    ...{
      orderBy: [{ column: 'id', descending: false }],
      splitsMin: 1,
      splitsMax: 1,
      splitBytes: 1 << 30,
    },
  });
  const [split] = plan.splits;
  const ids = await queryRows({ ...stub, query: () => engine().scan(split?.ticket ?? '') }, '');
  return ids.map((row) => Number(row['id']));
}

/** `queryRows` decodes any scan; nothing but `query` is called. */
const stub: Engine = {
  location: '',
  execute: () => Promise.reject(new Error('unused')),
  query: () => Promise.reject(new Error('unused')),
  insertRows: () => Promise.reject(new Error('unused')),
  openBatch: () => Promise.reject(new Error('unused')),
  readCheckpoint: () => Promise.reject(new Error('unused')),
  info: () => Promise.reject(new Error('unused')),
  close: () => Promise.resolve(),
};

type Truth = boolean | null;

/** SQL's three values, by docs/protocol.md alone. */
function evaluate(tree: Filter, row: Row): Truth {
  switch (tree.op) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'and':
      return all(tree.filters.map((each) => evaluate(each, row)));
    case 'or':
      return invert(all(tree.filters.map((each) => invert(evaluate(each, row)))));
    case 'not':
      return invert(evaluate(tree.filter, row));
    case 'is-null':
      return cell(row, tree.column) === null;
    case 'in':
      return invert(
        all(
          tree.values.map((value) =>
            invert(compare('=', cell(row, tree.column), literalValue(value))),
          ),
        ),
      );
    case 'starts':
    case 'ends':
    case 'contains':
      if (row.s === null) return null;
      return tree.op === 'starts'
        ? row.s.startsWith(tree.text)
        : tree.op === 'ends'
          ? row.s.endsWith(tree.text)
          : row.s.includes(tree.text);
    case 'like':
      return row.s === null ? null : likeRegExp(tree.pattern, tree.escape).test(row.s);
    case '=':
    case '<=>':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const side = (operand: typeof tree.left): Value =>
        'column' in operand ? cell(row, operand.column) : literalValue(operand.literal);
      return compare(tree.op, side(tree.left), side(tree.right));
    }
  }
}

type Value = number | bigint | string | null;

function compare(op: string, a: Value, b: Value): Truth {
  if (op === '<=>') return a === null || b === null ? a === b : order(a, b) === 0;
  if (a === null || b === null) return null;
  const sign = order(a, b);
  switch (op) {
    case '=':
      return sign === 0;
    case '<>':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    default:
      return sign >= 0;
  }
}

function order(a: number | bigint | string, b: number | bigint | string): number {
  if (typeof a === 'string' || typeof b === 'string')
    return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  const isNaN = [a, b].map((each) => Number.isNaN(each));
  if (isNaN[0] === true || isNaN[1] === true) return Number(isNaN[0]) - Number(isNaN[1]);
  return a < b ? -1 : a > b ? 1 : 0;
}

function cell(row: Row, name: string): Value {
  return { ...row }[name as keyof Row];
}

function literalValue(literal: Literal): Value {
  if (literal.type === 'null') return null;
  if (literal.type === 'int') return BigInt(literal.value);
  if (literal.type === 'string') return literal.value;
  return Number(literal.value);
}

function all(values: readonly Truth[]): Truth {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

function invert(value: Truth): Truth {
  return value === null ? null : !value;
}

function likeRegExp(pattern: string, escape: string): RegExp {
  let source = '';
  let isEscaped = false;
  for (const character of pattern) {
    const quoted = character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (isEscaped) source += quoted;
    else if (character === '%') source += '.*';
    else if (character === '_') source += '.';
    else if (character !== escape) source += quoted;
    isEscaped = !isEscaped && character === escape;
  }
  return new RegExp(`^${source}$`, 'su');
}

import test from 'ava';
import {
  Field,
  Int32,
  List,
  Map_,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  TimeMicrosecond,
  TimeMillisecond,
  TimeNanosecond,
  Timestamp,
  TimeSecond,
  TimeUnit,
  Utf8,
  Vector,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import {
  decodeSchemaMessage,
  encodeSchemaMessage,
  FlashError,
  mysqlTypeKey,
  resultForm,
  tableRows,
  wallClockZone,
} from '../../src/protocol/index.js';

const wall = new Timestamp(TimeUnit.MICROSECOND, wallClockZone);
const instant = new Timestamp(TimeUnit.MICROSECOND, 'UTC');

test('times become int64, wall clocks lose their zone, all else stays', (t) => {
  const form = resultForm(
    schemaOf({
      s: new TimeSecond(),
      ms: new TimeMillisecond(),
      us: new TimeMicrosecond(),
      wall,
      instant,
      text: new Utf8(),
      list: new List(new Field('item', wall, true)),
      pair: new Struct([new Field('a', new TimeSecond(), false), new Field('b', instant, true)]),
      map: new Map_(
        new Field(
          'entries',
          new Struct<{ key: DataType; value: DataType }>([
            new Field('key', new Utf8(), false),
            new Field('value', wall, true),
          ]),
          false,
        ),
      ),
    }),
  );
  t.deepEqual(
    form?.schema.fields.map((field) => [
      field.name,
      String(field.type),
      field.nullable,
      field.metadata.get(mysqlTypeKey),
    ]),
    [
      ['s', 'Int64', true, 'time'],
      ['ms', 'Int64', true, 'time(3)'],
      ['us', 'Int64', true, 'time(6)'],
      ['wall', 'Timestamp<MICROSECOND>', true, undefined],
      ['instant', 'Timestamp<MICROSECOND, UTC>', true, undefined],
      ['text', 'Utf8', true, undefined],
      ['list', 'List<Timestamp<MICROSECOND>>', true, undefined],
      ['pair', 'Struct<{a:Int64, b:Timestamp<MICROSECOND, UTC>}>', true, undefined],
      ['map', 'Map<{key:Utf8, value:Timestamp<MICROSECOND>}>', true, undefined],
    ],
  );
  t.is(form?.schema.metadata.get('origin'), 'engine');
});

test('a result without them is left as it is', (t) => {
  t.is(
    resultForm(schemaOf({ instant, list: new List(new Field('item', new Utf8(), true)) })),
    undefined,
  );
});

test('batches of seconds and milliseconds are widened, and others stay', (t) => {
  const seconds = [-3_020_399, null, 3_020_399, -1];
  const table = new Table({
    text: vectorFromArray(['a', null, 'ü', ''], new Utf8()),
    s: vectorFromArray(seconds, new TimeSecond()),
    ms: vectorFromArray([-2_147_483_647, 1, null, 2_147_483_647], new TimeMillisecond()),
    us: vectorFromArray([-3_020_399_999_999n, null, 1n, 0n], new TimeMicrosecond()),
    list: vectorFromArray(
      [[1, -2], [], null, [3]],
      new List(new Field('item', new TimeSecond(), true)),
    ),
    last: vectorFromArray([1, 2, null, 4], new Int32()),
  });
  const rows = tableRows(throughForm(table)).map(({ list, ...others }) => ({
    ...others,
    list: list instanceof Vector ? [...list] : list,
  }));
  t.deepEqual(rows, [
    row(
      'a',
      -3_020_399_000_000n,
      -2_147_483_647_000n,
      -3_020_399_999_999n,
      [1_000_000n, -2_000_000n],
      1,
    ),
    row(null, null, 1000n, null, [], 2),
    row('ü', 3_020_399_000_000n, null, 1n, null, null),
    row('', -1_000_000n, 2_147_483_647_000n, 0n, [3_000_000n], 4),
  ]);
});

test('times of nanoseconds are refused, with the cast that helps', (t) => {
  const error = t.throws(() => resultForm(schemaOf({ at: new TimeNanosecond() })), {
    instanceOf: FlashError,
  });
  t.is(error.code, 'UNSUPPORTED');
  t.regex(error.hint ?? '', /CAST\(x, 'Time64\(6\)'\)/);
});

function schemaOf(types: Record<string, DataType>): Schema {
  const fields = Object.entries(types).map(([name, type]) => new Field(name, type, true));
  return new Schema(fields, new Map([['origin', 'engine']]));
}

/** Reads a table's bytes as a result's readers get them. */
function throughForm(table: Table): Table {
  const stream = tableToIPC(table, 'stream');
  const given = decodeSchemaMessage(stream);
  const schemaBytes = 8 + new DataView(stream.buffer, stream.byteOffset).getUint32(4, true);
  const form = resultForm(given);
  if (form?.scaleBatch === undefined) throw new Error('there is something to scale');
  const batch = form.scaleBatch(stream.subarray(schemaBytes, stream.length - 8));
  return tableFromIPC([encodeSchemaMessage(form.schema), batch]);
}

function row(
  text: string | null,
  s: bigint | null,
  ms: bigint | null,
  us: bigint | null,
  list: readonly bigint[] | null,
  last: number | null,
): Record<string, unknown> {
  return { text, s, ms, us, list, last };
}

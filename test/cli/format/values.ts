import {
  Binary,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  Struct,
  Table,
  Timestamp,
  TimeUnit,
  Uint64,
  Utf8,
  Vector,
  vectorFromArray,
  type Data,
  type DataType,
} from 'apache-arrow';

/** One column of the edge cases: its values in Arrow and the text that each must become. */
export interface EdgeColumn {
  name: string;
  vector: Vector;
  mysqlType?: string;
  /** As in CSV and tables; undefined for NULL. */
  text: readonly (string | undefined)[];
  /** As in JSON, after JSON.parse. */
  json: readonly unknown[];
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.of(...values);

/** Columns of three rows each, at the edges of every type that a scan gives. */
export const edgeColumns: readonly EdgeColumn[] = [
  column('int', new Int32(), [-2147483648, null, 2147483647], {
    text: ['-2147483648', undefined, '2147483647'],
    json: [-2147483648, null, 2147483647],
  }),
  column('wide', new Uint64(), [18446744073709551615n, 0n, null], {
    text: ['18446744073709551615', '0', undefined],
    json: ['18446744073709551615', '0', null],
  }),
  decimalColumn('small', 10, 2, 128, [-5n, null, 123456n], {
    text: ['-0.05', undefined, '1234.56'],
    json: ['-0.05', null, '1234.56'],
  }),
  decimalColumn('large', 65, 30, 256, [-(10n ** 65n - 1n), 10n ** 64n, 1n], {
    text: [
      `-${'9'.repeat(35)}.${'9'.repeat(30)}`,
      `1${'0'.repeat(34)}.${'0'.repeat(30)}`,
      `0.${'0'.repeat(29)}1`,
    ],
    json: [
      `-${'9'.repeat(35)}.${'9'.repeat(30)}`,
      `1${'0'.repeat(34)}.${'0'.repeat(30)}`,
      `0.${'0'.repeat(29)}1`,
    ],
  }),
  column('float', new Float32(), [0.1, null, -3.4028234663852886e38], {
    text: ['0.1', undefined, '-3.4028235e+38'],
    json: [0.1, null, -3.4028235e38],
  }),
  column('double', new Float64(), [-0, NaN, 5e-324], {
    text: ['-0', 'NaN', '5e-324'],
    json: [-0, 'NaN', 5e-324],
  }),
  column('text', new Utf8(), ['a,"b"\r\nc', '', null], {
    text: ['a,"b"\r\nc', '', undefined],
    json: ['a,"b"\r\nc', '', null],
  }),
  column('unicode', new Utf8(), ['茶🎉\u0000', '\ufffd', ' '], {
    text: ['茶🎉\u0000', '\ufffd', ' '],
    json: ['茶🎉\u0000', '\ufffd', ' '],
  }),
  column('blob', new Binary(), [bytes(0, 255, 10), bytes(), null], {
    text: ['0x00FF0A', '0x', undefined],
    json: ['0x00FF0A', '0x', null],
  }),
  {
    name: 'broken',
    // A string column of the engine may hold any bytes.
    vector: mislabelled(bytes(255), bytes(97), bytes(0xc3)),
    text: ['0xFF', 'a', '0xC3'],
    json: ['0xFF', 'a', '0xC3'],
  },
  dataColumn(
    'date',
    makeData({ type: new DateDay(), data: new Int32Array([-719528, 0, 2932896]) }),
    {
      text: ['0000-01-01', '1970-01-01', '9999-12-31'],
      json: ['0000-01-01', '1970-01-01', '9999-12-31'],
    },
  ),
  dataColumn(
    'datetime',
    makeData({
      type: new Timestamp(TimeUnit.MILLISECOND),
      data: new BigInt64Array([-62135596800000n, -10n, 253402300799990n]),
    }),
    {
      mysqlType: 'datetime(2)',
      text: ['0001-01-01 00:00:00.00', '1969-12-31 23:59:59.99', '9999-12-31 23:59:59.99'],
      json: ['0001-01-01 00:00:00.00', '1969-12-31 23:59:59.99', '9999-12-31 23:59:59.99'],
    },
  ),
  dataColumn(
    'stamp',
    makeData({
      type: new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
      data: new BigInt64Array([1n, 951827696000001n, -1n]),
    }),
    {
      text: [
        '1970-01-01 00:00:00.000001',
        '2000-02-29 12:34:56.000001',
        '1969-12-31 23:59:59.999999',
      ],
      json: [
        '1970-01-01 00:00:00.000001',
        '2000-02-29 12:34:56.000001',
        '1969-12-31 23:59:59.999999',
      ],
    },
  ),
  dataColumn(
    'time',
    makeData({ type: new Int64(), data: new BigInt64Array([-3020399999000n, 0n, 3020399000000n]) }),
    {
      mysqlType: 'time(3)',
      text: ['-838:59:59.999', '00:00:00.000', '838:59:59.000'],
      json: ['-838:59:59.999', '00:00:00.000', '838:59:59.000'],
    },
  ),
  {
    name: 'list',
    vector: vectorFromArray(
      [[1.5, -2], [], null],
      new List(new Field('item', new Float32(), false)),
    ),
    text: ['[1.5,-2]', '[]', undefined],
    json: [[1.5, -2], [], null],
  },
  {
    name: 'struct',
    vector: vectorFromArray(
      [{ a: 1n, b: 'x' }, { a: null, b: '' }, null],
      new Struct([new Field('a', new Int64(), true), new Field('b', new Utf8(), true)]),
    ),
    text: ['{"a":"1","b":"x"}', '{"a":null,"b":""}', undefined],
    json: [{ a: '1', b: 'x' }, { a: null, b: '' }, null],
  },
];

/** The edge columns as one table, twice over in two record batches. */
export function edgeTable(): Table {
  const table = new Table(
    Object.fromEntries(edgeColumns.map(({ name, vector }) => [name, vector])),
  );
  return table.concat(table);
}

/** The MySQL types of the edge columns that have one. */
export function edgeMysqlTypes(): ReadonlyMap<string, string> {
  return new Map(
    edgeColumns.flatMap(({ name, mysqlType }) =>
      mysqlType === undefined ? [] : [[name, mysqlType]],
    ),
  );
}

type Expected = Pick<EdgeColumn, 'text' | 'json'> & { mysqlType?: string };

function column(
  name: string,
  type: DataType,
  values: readonly unknown[],
  expected: Expected,
): EdgeColumn {
  return { name, vector: vectorFromArray([...values], type), ...expected };
}

function dataColumn(name: string, data: Data, expected: Expected): EdgeColumn {
  return { name, vector: new Vector([data]), ...expected };
}

/** Values that are called text whatever they are: binary and text have one layout. */
function mislabelled(...values: readonly Uint8Array[]): Vector {
  const valueOffsets = new Int32Array(values.length + 1);
  for (const [row, value] of values.entries()) {
    valueOffsets[row + 1] = (valueOffsets[row] ?? 0) + value.byteLength;
  }
  const data = new Uint8Array(Buffer.concat(values));
  const made = makeData({ type: new Utf8(), length: values.length, valueOffsets, data });
  return new Vector([made]);
}

function decimalColumn(
  name: string,
  precision: number,
  scale: number,
  bitWidth: 128 | 256,
  values: readonly (bigint | null)[],
  expected: Expected,
): EdgeColumn {
  const words = bitWidth / 32;
  const data = new Uint32Array(words * values.length);
  const nullBitmap = new Uint8Array(8);
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
    for (let word = 0; word < words; word += 1) {
      data[row * words + word] = Number(BigInt.asUintN(32, value >> BigInt(32 * word)));
    }
  }
  const type = new Decimal(scale, precision, bitWidth);
  const nullCount = values.filter((value) => value === null).length;
  const made = makeData({ type, data, length: values.length, nullBitmap, nullCount });
  return { name, vector: new Vector([made]), ...expected };
}

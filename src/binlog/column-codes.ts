/**
 * Column type codes as they stand in TABLE_MAP.
 * Source: MySQL 9.7 include/field_types.h, enum_field_types; MariaDB 10.11 include/mysql_com.h.
 */
export const columnCodes = {
  decimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newdate: 14,
  varchar: 15,
  bit: 16,
  timestamp2: 17,
  datetime2: 18,
  time2: 19,
  typedArray: 20,
  blobCompressed: 140,
  varcharCompressed: 141,
  vector: 242,
  json: 245,
  newdecimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

const names = new Map<number, string>(
  Object.entries(columnCodes).map(([name, code]) => [code, name.toUpperCase()]),
);

/** The name of a column type code for people, or its number. */
export function columnCodeName(code: number): string {
  return names.get(code) ?? `type ${code}`;
}

/**
 * Whether TABLE_MAP's SIGNEDNESS has a bit for columns of this type. YEAR has one, in MySQL and in
 * MariaDB, as the logs of test/fixtures/binlog/signs-* show.
 */
export function hasSign(code: number): boolean {
  switch (code) {
    case columnCodes.decimal:
    case columnCodes.tiny:
    case columnCodes.short:
    case columnCodes.long:
    case columnCodes.float:
    case columnCodes.double:
    case columnCodes.longlong:
    case columnCodes.int24:
    case columnCodes.year:
    case columnCodes.newdecimal:
      return true;
    default:
      return false;
  }
}

/** Whether TABLE_MAP's charset fields speak of columns of this type. */
export function isCharacterType(code: number): boolean {
  switch (code) {
    case columnCodes.string:
    case columnCodes.varString:
    case columnCodes.varchar:
    case columnCodes.varcharCompressed:
    case columnCodes.tinyBlob:
    case columnCodes.mediumBlob:
    case columnCodes.longBlob:
    case columnCodes.blob:
    case columnCodes.blobCompressed:
      return true;
    default:
      return false;
  }
}

import type { Column, ColumnType } from '../../protocol/index.js';
import { columnCodes, isCharacterType } from '../column-codes.js';
import { charsetOfCollation } from '../charset-text.js';
import type { TableMapColumn } from '../event.js';
import type { AppendValue } from '../values/append-value.js';
import { appendBit, appendYear } from '../values/bit-year.js';
import { compressedAppender } from '../values/compressed.js';
import { dateAppender } from '../values/date.js';
import { datetime2Appender } from '../values/datetime.js';
import { decimalAppender } from '../values/decimal.js';
import { enumAppender, enumBytes, setAppender, setBytes } from '../values/enum-set.js';
import { append4Bytes, append8Bytes, integerAppender } from '../values/integer.js';
import type { JsonForm } from '../values/json-form.js';
import { jsonAppender } from '../values/json-value.js';
import { appendInet4, appendInet6, appendUuid } from '../values/network-id.js';
import {
  oldDatetimeAppender,
  packedDatetimeAppender,
  packedTimeAppender,
  packedTimestampAppender,
} from '../values/old-temporal.js';
import { appendBytes, fixedBytesAppender } from '../values/text-bytes.js';
import { textAppender } from '../values/text.js';
import { appendOldTime, time2Appender } from '../values/time.js';
import { timestampAppender } from '../values/timestamp.js';
import { appendVector } from '../values/vector.js';
import type { ZeroDateSink } from '../values/zero-date.js';

type TypeOf<Kind extends ColumnType['kind']> = Extract<ColumnType, { kind: Kind }>;

/** What decoders need besides the column. */
export interface DecoderContext {
  onZeroDate: ZeroDateSink;
  jsonForm: JsonForm;
}

/**
 * The decoder of a column's values, or undefined where the log's column can't be of the schema's type.
 *
 * Errors: `UNSUPPORTED` for a charset that is not known.
 */
export function chooseDecoder(
  column: Column,
  logged: TableMapColumn,
  context: DecoderContext,
): AppendValue | undefined {
  const { type } = column;
  const { typeCode, metadata } = logged;
  switch (type.kind) {
    case 'int':
      return chooseInteger(type, logged);
    case 'decimal':
      if (typeCode !== columnCodes.newdecimal) return undefined;
      if (metadata !== ((type.precision << 8) | type.scale)) return undefined;
      return decimalAppender(type.precision, type.scale);
    case 'float':
      if (type.bits === 32) return typeCode === columnCodes.float ? append4Bytes : undefined;
      return typeCode === columnCodes.double ? append8Bytes : undefined;
    case 'bit':
      return typeCode === columnCodes.bit && metadata === type.length ? appendBit : undefined;
    case 'year':
      return typeCode === columnCodes.year ? appendYear : undefined;
    case 'date':
      if (typeCode !== columnCodes.date && typeCode !== columnCodes.newdate) return undefined;
      return dateAppender(context.onZeroDate);
    case 'datetime':
      return chooseDatetime(type.fsp, logged, context);
    case 'timestamp':
      return chooseTimestamp(type.fsp, logged, context);
    case 'time':
      return chooseTime(type.fsp, logged);
    case 'text':
      return chooseText(type, logged);
    case 'bytes':
      return chooseBytes(type, logged);
    case 'enum':
      if (typeCode !== columnCodes.enum || !fitsMembers(type, logged)) return undefined;
      return metadata === enumBytes(type.members.length) ? enumAppender(type.members) : undefined;
    case 'set':
      if (typeCode !== columnCodes.set || !fitsMembers(type, logged)) return undefined;
      return metadata === setBytes(type.members.length) ? setAppender(type.members) : undefined;
    case 'json':
      // MariaDB's JSON is a LONGTEXT with a check.
      if (typeCode === columnCodes.json) return jsonAppender(context.jsonForm);
      return isCharacterType(typeCode) ? textAppender('utf8mb4') : undefined;
    case 'geometry':
      return typeCode === columnCodes.geometry ? appendBytes : undefined;
    case 'vector':
      // MariaDB's VECTOR is logged as the VARBINARY that it is stored as.
      return typeCode === columnCodes.vector || typeCode === columnCodes.varchar
        ? appendVector
        : undefined;
    case 'uuid':
      return isFixedString(logged, 16) ? appendUuid : undefined;
    case 'inet4':
      return isFixedString(logged, 4) ? appendInet4 : undefined;
    case 'inet6':
      return isFixedString(logged, 16) ? appendInet6 : undefined;
  }
}

const integerCodes = {
  8: columnCodes.tiny,
  16: columnCodes.short,
  24: columnCodes.int24,
  32: columnCodes.long,
  64: columnCodes.longlong,
} as const;

function chooseInteger(type: TypeOf<'int'>, logged: TableMapColumn): AppendValue | undefined {
  if (logged.typeCode !== integerCodes[type.bits]) return undefined;
  if (logged.unsigned !== undefined && logged.unsigned !== type.unsigned) return undefined;
  return integerAppender(type.bits, type.unsigned);
}

function chooseDatetime(
  fsp: number,
  logged: TableMapColumn,
  { onZeroDate }: DecoderContext,
): AppendValue | undefined {
  if (logged.typeCode === columnCodes.datetime2) {
    return logged.metadata === fsp ? datetime2Appender(fsp, onZeroDate) : undefined;
  }
  if (logged.typeCode !== columnCodes.datetime) return undefined;
  return fsp === 0 ? oldDatetimeAppender(onZeroDate) : packedDatetimeAppender(fsp, onZeroDate);
}

function chooseTimestamp(
  fsp: number,
  logged: TableMapColumn,
  { onZeroDate }: DecoderContext,
): AppendValue | undefined {
  if (logged.typeCode === columnCodes.timestamp2) {
    return logged.metadata === fsp ? timestampAppender(fsp, false, onZeroDate) : undefined;
  }
  if (logged.typeCode !== columnCodes.timestamp) return undefined;
  return packedTimestampAppender(fsp, onZeroDate);
}

function chooseTime(fsp: number, logged: TableMapColumn): AppendValue | undefined {
  if (logged.typeCode === columnCodes.time2) {
    return logged.metadata === fsp ? time2Appender(fsp) : undefined;
  }
  if (logged.typeCode !== columnCodes.time) return undefined;
  return fsp === 0 ? appendOldTime : packedTimeAppender(fsp);
}

function chooseText(type: TypeOf<'text'>, logged: TableMapColumn): AppendValue | undefined {
  if (!isCharacterType(logged.typeCode)) return undefined;
  const loggedCharset = charsetOfCollation(logged.collation);
  if (loggedCharset !== undefined && loggedCharset !== plainCharset(type.charset)) return undefined;
  return unpacked(logged, textAppender(type.charset));
}

function chooseBytes(type: TypeOf<'bytes'>, logged: TableMapColumn): AppendValue | undefined {
  if (!isCharacterType(logged.typeCode)) return undefined;
  const loggedCharset = charsetOfCollation(logged.collation);
  if (loggedCharset !== undefined && loggedCharset !== 'binary') return undefined;
  if (type.fixedLength === undefined) return unpacked(logged, appendBytes);
  return isFixedString(logged, type.fixedLength) ? fixedBytesAppender(type.fixedLength) : undefined;
}

/** MySQL's old name for the three-byte form of UTF-8. */
function plainCharset(charset: string): string {
  return charset === 'utf8' ? 'utf8mb3' : charset;
}

function unpacked(logged: TableMapColumn, plain: AppendValue): AppendValue {
  const { typeCode } = logged;
  return typeCode === columnCodes.blobCompressed || typeCode === columnCodes.varcharCompressed
    ? compressedAppender(plain)
    : plain;
}

function isFixedString(logged: TableMapColumn, length: number): boolean {
  return logged.typeCode === columnCodes.string && logged.metadata === length;
}

function fitsMembers(type: TypeOf<'enum' | 'set'>, logged: TableMapColumn): boolean {
  const { members } = logged;
  if (members === undefined) return true;
  return (
    members.length === type.members.length && members.every((text, i) => text === type.members[i])
  );
}

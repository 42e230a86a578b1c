import {
  appendBit,
  appendBytes,
  appendVector,
  fixedBytesAppender,
  textAppender,
  type AppendValue,
  type ZeroDateSink,
} from '../../binlog/index.js';
import type { Column } from '../../protocol/index.js';
import { decimalTextAppender } from './values/decimal-text.js';
import { appendYearText, floatTextAppender, integerTextAppender } from './values/number-text.js';
import { appendTimeText, dateTextAppender, datetimeTextAppender } from './values/temporal-text.js';

/** How a column's literals are read. */
export interface FieldReader {
  append: AppendValue;
  /** What kind of literal a dump has for it: digits; text in the dump's charset; bytes, quoted or in hex. */
  takes: 'number' | 'text' | 'bytes';
}

/**
 * The reader of a column's literals in a dump.
 *
 * `charset` is that of the dump's text: the server has turned each column's text into it.
 * Errors: UNSUPPORTED for a charset that is not known.
 */
export function chooseAppender(
  { type }: Column,
  charset: string,
  onZeroDate: ZeroDateSink,
): FieldReader {
  switch (type.kind) {
    case 'int':
      return { takes: 'number', append: integerTextAppender(type.bits, type.unsigned) };
    case 'decimal':
      return { takes: 'number', append: decimalTextAppender(type.precision, type.scale) };
    case 'float':
      return { takes: 'number', append: floatTextAppender(type.bits) };
    case 'year':
      return { takes: 'number', append: appendYearText };
    case 'date':
      return { takes: 'text', append: dateTextAppender(onZeroDate) };
    case 'datetime':
    case 'timestamp':
      return { takes: 'text', append: datetimeTextAppender(type.fsp, onZeroDate) };
    case 'time':
      return { takes: 'text', append: appendTimeText };
    case 'bit':
      return { takes: 'bytes', append: appendBit };
    case 'bytes':
      return {
        takes: 'bytes',
        append: type.fixedLength === undefined ? appendBytes : fixedBytesAppender(type.fixedLength),
      };
    case 'geometry':
      return { takes: 'bytes', append: appendBytes };
    case 'vector':
      return { takes: 'bytes', append: appendVector };
    // JSON is the server's own text, as its SELECT shows it.
    case 'text':
    case 'enum':
    case 'set':
    case 'json':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { takes: 'text', append: textAppender(charset) };
  }
}

import { charsetName, charsetOfCollation } from './charset.js';
import type { TokenReader } from './token-reader.js';

/** Reads `[DEFAULT] CHARACTER SET [=] name` or `[DEFAULT] COLLATE [=] name`, and gives the charset. */
export function readCharsetOption(
  reader: TokenReader,
): { charset: string | undefined } | undefined {
  const withDefault = reader.isNext('DEFAULT') ? 1 : 0;
  const word = reader.peek(withDefault);
  const next = reader.peek(withDefault + 1);
  if (word?.kind !== 'word') return undefined;
  const upper = word.text.toUpperCase();
  const isCharset =
    upper === 'CHARSET' ||
    ((upper === 'CHARACTER' || upper === 'CHAR') && next?.text.toUpperCase() === 'SET');
  if (!isCharset && upper !== 'COLLATE') return undefined;
  reader.accept('DEFAULT');
  reader.take();
  if (isCharset) reader.accept('SET');
  reader.acceptSymbol('=');
  const name = reader.nameOrString();
  return { charset: isCharset ? charsetName(name) : charsetOfCollation(name) };
}

/**
 * Reads one table option, as `ENGINE = InnoDB`.
 *
 * Shape: the charset or storage engine that the option sets, if it does; undefined where no option comes next.
 * Errors: `SqlSyntaxError` for system versioning, whose hidden columns and rows are not carried over.
 */
export function readTableOption(
  reader: TokenReader,
): { charset: string | undefined; isCharset: boolean; storage?: string } | undefined {
  const charset = readCharsetOption(reader);
  if (charset !== undefined) return { ...charset, isCharset: true };
  const other = { charset: undefined, isCharset: false };
  if (reader.accept('START', 'TRANSACTION')) return other;
  if (reader.accept('WITH', 'SYSTEM', 'VERSIONING')) {
    throw reader.error('system-versioned tables are not supported');
  }
  if (reader.accept('DATA', 'DIRECTORY') || reader.accept('INDEX', 'DIRECTORY')) {
    return readOptionValue(reader, other);
  }
  if (reader.accept('STORAGE')) {
    reader.take();
    return other;
  }
  if (reader.accept('UNION')) {
    reader.acceptSymbol('=');
    reader.skipParenthesised();
    return other;
  }
  const name = reader.peek();
  if (name?.kind !== 'quoted' && !(name?.kind === 'word' && optionNames.has(upperText(name)))) {
    return undefined;
  }
  reader.take();
  if (name.kind === 'word' && engineOptions.has(upperText(name))) {
    reader.acceptSymbol('=');
    return { ...other, storage: reader.nameOrString().toLowerCase() };
  }
  return readOptionValue(reader, other);
}

const engineOptions: ReadonlySet<string> = new Set(['ENGINE', 'TYPE']);

function upperText(token: { text: string }): string {
  return token.text.toUpperCase();
}

function readOptionValue<T>(reader: TokenReader, result: T): T {
  reader.acceptSymbol('=');
  reader.take();
  reader.accept('STORAGE', 'DISK');
  reader.accept('STORAGE', 'MEMORY');
  return result;
}

/** Source: MySQL 8.4 sql/sql_yacc.yy, rule create_table_option; MariaDB 10.11, rule create_table_option. */
const optionNames: ReadonlySet<string> = new Set([
  'AUTOEXTEND_SIZE',
  'AUTO_INCREMENT',
  'AVG_ROW_LENGTH',
  'CHECKSUM',
  'COMMENT',
  'COMPRESSION',
  'CONNECTION',
  'DELAY_KEY_WRITE',
  'ENCRYPTED',
  'ENCRYPTION',
  'ENCRYPTION_KEY_ID',
  'ENGINE',
  'ENGINE_ATTRIBUTE',
  'IETF_QUOTES',
  'INSERT_METHOD',
  'KEY_BLOCK_SIZE',
  'MAX_ROWS',
  'MIN_ROWS',
  'NODEGROUP',
  'PACK_KEYS',
  'PAGE_CHECKSUM',
  'PAGE_COMPRESSED',
  'PAGE_COMPRESSION_LEVEL',
  'PASSWORD',
  'ROW_FORMAT',
  'SECONDARY_ENGINE',
  'SECONDARY_ENGINE_ATTRIBUTE',
  'SEQUENCE',
  'STATS_AUTO_RECALC',
  'STATS_PERSISTENT',
  'STATS_SAMPLE_PAGES',
  'TABLE_CHECKSUM',
  'TABLESPACE',
  'TRANSACTIONAL',
  'TYPE',
]);

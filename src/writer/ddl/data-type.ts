import type { ColumnType } from '../../protocol/index.js';
import { readBytesLiteral } from './default-literal.js';
import type { SqlDialect } from './sql-dialect.js';
import type { TokenReader } from './token-reader.js';

/** A data type as DDL declares it; what SERIAL and NATIONAL bring along stands beside it. */
export interface DeclaredType {
  type: ColumnType;
  mysqlType: string;
  notNull: boolean;
  isAutoIncrement?: boolean;
}

const integerBits: Readonly<Record<string, 8 | 16 | 24 | 32 | 64>> = {
  TINYINT: 8,
  INT1: 8,
  SMALLINT: 16,
  INT2: 16,
  MEDIUMINT: 24,
  MIDDLEINT: 24,
  INT3: 24,
  INT: 32,
  INTEGER: 32,
  INT4: 32,
  BIGINT: 64,
  INT8: 64,
};
const integerNames = { 8: 'tinyint', 16: 'smallint', 24: 'mediumint', 32: 'int', 64: 'bigint' };
const spatialNames: ReadonlySet<string> = new Set([
  'GEOMETRY',
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
  'GEOMCOLLECTION',
]);
const textNames: ReadonlySet<string> = new Set(['TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT']);
const blobNames: ReadonlySet<string> = new Set(['TINYBLOB', 'BLOB', 'MEDIUMBLOB', 'LONGBLOB']);

/**
 * Reads a data type, its length and its charset.
 *
 * Errors: `SqlSyntaxError` for a type that is not known to be understood.
 * Source: MySQL 8.4 sql/sql_yacc.yy, rule `type`; MariaDB 10.11 sql/sql_yacc.yy, rule `field_type`.
 */
export function readDataType(reader: TokenReader, dialect: SqlDialect): DeclaredType {
  let name = reader.name().toUpperCase();
  // mariadb_schema.DATE is MariaDB's own type, whatever the mode.
  const isQualified = reader.acceptSymbol('.');
  const isOracle = isQualified ? name === 'ORACLE_SCHEMA' : dialect.oracle === true;
  if (isQualified) name = reader.name().toUpperCase();
  if (name === 'REAL' && dialect.realAsFloat === true) name = 'FLOAT';
  return (
    (dialect.flavor === 'mariadb' ? readOracleType(reader, name, isOracle) : undefined) ??
    readNumericType(reader, name) ??
    readTemporalType(reader, name) ??
    readCharacterType(reader, name) ??
    readBinaryType(reader, name) ??
    readOtherType(reader, name, dialect) ??
    fail(reader, name)
  );
}

/** Source: MariaDB 10.11 sql/sql_yacc.yy, the rules of sql_yacc_ora for field types. */
function readOracleType(
  reader: TokenReader,
  name: string,
  isOracle: boolean,
): DeclaredType | undefined {
  if (name === 'VARCHAR2') return readCharacterType(reader, 'VARCHAR');
  if (name === 'NUMBER') {
    return reader.isSymbol('(')
      ? readNumericType(reader, 'DECIMAL')
      : readNumericType(reader, 'DOUBLE');
  }
  if (name === 'RAW') return readBinaryType(reader, 'VARBINARY');
  if (name === 'CLOB') return readCharacterType(reader, 'LONGTEXT');
  if (!isOracle) return undefined;
  if (name === 'DATE') return plain({ kind: 'datetime', fsp: 0 }, 'datetime');
  return name === 'BLOB' ? readBinaryType(reader, 'LONGBLOB') : undefined;
}

function fail(reader: TokenReader, name: string): never {
  throw reader.error(`the data type ${name} is not known`);
}

function readNumericType(reader: TokenReader, name: string): DeclaredType | undefined {
  if (name === 'BOOL' || name === 'BOOLEAN') {
    return plain({ kind: 'int', bits: 8, unsigned: false }, 'tinyint(1)');
  }
  if (name === 'SERIAL') {
    return {
      ...plain({ kind: 'int', bits: 64, unsigned: true }, 'bigint unsigned'),
      notNull: true,
      isAutoIncrement: true,
    };
  }
  const bits = integerBits[name];
  if (bits !== undefined) {
    const width = readLengths(reader);
    const unsigned = readSign(reader);
    const text = `${integerNames[bits]}${lengthText(width)}${signText(unsigned)}`;
    return plain({ kind: 'int', bits, unsigned: unsigned !== '' }, text);
  }
  switch (name) {
    case 'DECIMAL':
    case 'DEC':
    case 'NUMERIC':
    case 'FIXED': {
      const [precision = 10, scale = 0] = readLengths(reader);
      const sign = readSign(reader);
      const text = `decimal(${precision},${scale})${signText(sign)}`;
      // DECIMAL(0) is the server's way to write DECIMAL(10).
      const digits = precision === 0 ? 10 : precision;
      return plain({ kind: 'decimal', precision: digits, scale, unsigned: sign !== '' }, text);
    }
    case 'FLOAT':
    case 'FLOAT4':
    case 'FLOAT8':
    case 'DOUBLE':
    case 'REAL': {
      if (name === 'DOUBLE') reader.accept('PRECISION');
      const lengths = readLengths(reader);
      // FLOAT(p) names a precision in bits; from 25 on it is a DOUBLE. FLOAT(m,d) stays a FLOAT.
      const isDouble = lengths.length === 1 && (lengths[0] ?? 0) > 24;
      const bits = (name === 'FLOAT' || name === 'FLOAT4') && !isDouble ? 32 : 64;
      const shown = lengths.length === 2 ? lengthText(lengths) : '';
      const text = `${bits === 32 ? 'float' : 'double'}${shown}${signText(readSign(reader))}`;
      return plain({ kind: 'float', bits }, text);
    }
    case 'BIT': {
      // BIT(0) is the server's way to write BIT(1).
      const [declared = 1] = readLengths(reader);
      const length = Math.max(declared, 1);
      return plain({ kind: 'bit', length }, `bit(${length})`);
    }
    default:
      return undefined;
  }
}

function readTemporalType(reader: TokenReader, name: string): DeclaredType | undefined {
  switch (name) {
    case 'YEAR':
      return plain({ kind: 'year' }, `year${lengthText(readLengths(reader))}`);
    case 'DATE':
      return plain({ kind: 'date' }, 'date');
    case 'DATETIME':
    case 'TIMESTAMP':
    case 'TIME': {
      const [fsp = 0] = readLengths(reader);
      const text = `${name.toLowerCase()}${fsp > 0 ? `(${fsp})` : ''}`;
      if (name === 'DATETIME') return plain({ kind: 'datetime', fsp }, text);
      return plain(name === 'TIME' ? { kind: 'time', fsp } : { kind: 'timestamp', fsp }, text);
    }
    default:
      return undefined;
  }
}

function readCharacterType(reader: TokenReader, name: string): DeclaredType | undefined {
  if (name === 'LONG') return readLongType(reader);
  if (textNames.has(name)) {
    readLengths(reader);
    return plain({ kind: 'text', charset: '' }, name.toLowerCase());
  }
  const national = name === 'NATIONAL' || name === 'NCHAR' || name === 'NVARCHAR';
  let base = name;
  if (name === 'NATIONAL') base = reader.name().toUpperCase();
  if (name === 'NCHAR') base = reader.accept('VARCHAR') ? 'VARCHAR' : 'CHAR';
  if (name === 'NVARCHAR') base = 'VARCHAR';
  if (base === 'CHARACTER') base = 'CHAR';
  if (base === 'VARCHARACTER') base = 'VARCHAR';
  if (base === 'CHAR' && reader.accept('VARYING')) base = 'VARCHAR';
  if (base !== 'CHAR' && base !== 'VARCHAR') return undefined;
  const length = lengthText(readLengths(reader)) || (base === 'CHAR' ? '(1)' : '');
  if (reader.accept('BYTE')) {
    return base === 'CHAR'
      ? plain({ kind: 'bytes', fixedLength: Number(length.slice(1, -1)) }, `binary${length}`)
      : plain({ kind: 'bytes' }, `varbinary${length}`);
  }
  const charset = national ? 'utf8mb3' : '';
  return plain({ kind: 'text', charset }, `${base.toLowerCase()}${length}`);
}

function readLongType(reader: TokenReader): DeclaredType {
  if (reader.accept('VARBINARY')) return plain({ kind: 'bytes' }, 'mediumblob');
  if (reader.acceptOneOf('VARCHAR', 'VARCHARACTER') === undefined) {
    if (reader.acceptOneOf('CHAR', 'CHARACTER') !== undefined) reader.expect('VARYING');
  }
  return plain({ kind: 'text', charset: '' }, 'mediumtext');
}

function readBinaryType(reader: TokenReader, name: string): DeclaredType | undefined {
  if (name === 'BINARY') {
    const [fixedLength = 1] = readLengths(reader);
    return plain({ kind: 'bytes', fixedLength }, `binary(${fixedLength})`);
  }
  if (name === 'VARBINARY') {
    return plain({ kind: 'bytes' }, `varbinary${lengthText(readLengths(reader))}`);
  }
  if (!blobNames.has(name)) return undefined;
  readLengths(reader);
  return plain({ kind: 'bytes' }, name.toLowerCase());
}

function readOtherType(
  reader: TokenReader,
  name: string,
  dialect: SqlDialect,
): DeclaredType | undefined {
  if (spatialNames.has(name)) return plain({ kind: 'geometry' }, name.toLowerCase());
  switch (name) {
    case 'ENUM':
    case 'SET': {
      const members = readMembers(reader);
      const quoted = members.map((member) => `'${member.replaceAll("'", "''")}'`).join(',');
      const text = `${name.toLowerCase()}(${quoted})`;
      return plain(name === 'ENUM' ? { kind: 'enum', members } : { kind: 'set', members }, text);
    }
    case 'JSON':
      // MariaDB's JSON is another word for LONGTEXT, and the log holds text.
      if (dialect.flavor === 'mariadb')
        return plain({ kind: 'text', charset: 'utf8mb4' }, 'longtext');
      return plain({ kind: 'json' }, 'json');
    case 'VECTOR':
      return plain({ kind: 'vector' }, `vector${lengthText(readLengths(reader))}`);
    case 'UUID':
    case 'INET4':
    case 'INET6': {
      if (dialect.flavor !== 'mariadb') return undefined;
      const kind = name === 'UUID' ? 'uuid' : name === 'INET4' ? 'inet4' : 'inet6';
      return plain({ kind }, kind);
    }
    default:
      return undefined;
  }
}

function plain(type: ColumnType, mysqlType: string): DeclaredType {
  return { type, mysqlType, notNull: false };
}

function readLengths(reader: TokenReader): number[] {
  const lengths: number[] = [];
  if (!reader.acceptSymbol('(')) return lengths;
  reader.list(() => lengths.push(reader.integer()));
  reader.expectSymbol(')');
  return lengths;
}

function readMembers(reader: TokenReader): string[] {
  const members: string[] = [];
  reader.expectSymbol('(');
  // The server cuts trailing spaces off members.
  reader.list(() => members.push(readMember(reader).replace(/ +$/, '')));
  reader.expectSymbol(')');
  return members;
}

/** A member may be written as bytes, 0x61, which are text of the column's charset. */
function readMember(reader: TokenReader): string {
  const hex = readBytesLiteral(reader);
  if (hex === undefined) return reader.string();
  const text = Buffer.from(hex, 'hex').toString('latin1');
  if (/[^\0-\x7f]/.test(text)) throw reader.error('a member in bytes that are not ASCII');
  return text;
}

/** SIGNED, UNSIGNED and ZEROFILL in any order; ZEROFILL makes a column unsigned. */
function readSign(reader: TokenReader): '' | 'unsigned' | 'unsigned zerofill' {
  let sign: '' | 'unsigned' | 'unsigned zerofill' = '';
  for (;;) {
    const word = reader.acceptOneOf('SIGNED', 'UNSIGNED', 'ZEROFILL');
    if (word === undefined) return sign;
    if (word === 'ZEROFILL') sign = 'unsigned zerofill';
    if (word === 'UNSIGNED' && sign === '') sign = 'unsigned';
  }
}

function signText(sign: string): string {
  return sign === '' ? '' : ` ${sign}`;
}

function lengthText(lengths: readonly number[]): string {
  return lengths.length === 0 ? '' : `(${lengths.join(',')})`;
}

import { charsetName, charsetOfCollation } from './charset.js';
import { readDataType } from './data-type.js';
import { honoursColumnReferences, readReference } from './foreign-key.js';
import type { SqlDialect } from './sql-dialect.js';
import type { ColumnDefinition, DefaultLiteral, ReferenceDefinition } from './statement.js';
import type { TokenReader } from './token-reader.js';

interface Attributes {
  notNull: boolean;
  isPrimaryKey: boolean;
  charset: string | undefined;
  collation: string | undefined;
  defaultLiteral: DefaultLiteral | undefined;
  references: ReferenceDefinition | undefined;
  generatedBy: readonly string[] | undefined;
}

/** Reads a column's name, type and attributes, up to the comma, bracket or word behind them. */
export function readColumnDefinition(reader: TokenReader, dialect: SqlDialect): ColumnDefinition {
  const name = reader.name();
  const declared = readDataType(reader, dialect);
  const attributes: Attributes = {
    notNull: declared.notNull,
    isPrimaryKey: false,
    charset: undefined,
    collation: undefined,
    defaultLiteral: undefined,
    references: undefined,
    generatedBy: undefined,
  };
  while (readAttribute(reader, attributes));
  const { references, generatedBy } = attributes;
  const charset =
    attributes.charset ??
    (attributes.collation === undefined ? undefined : charsetOfCollation(attributes.collation));
  return {
    name,
    ...withCharset(declared, charset),
    nullable: !attributes.notNull && !attributes.isPrimaryKey,
    isPrimaryKey: attributes.isPrimaryKey,
    defaultLiteral: attributes.defaultLiteral,
    ...(references === undefined || !honoursColumnReferences(dialect) ? {} : { references }),
    ...(generatedBy === undefined ? {} : { generatedBy }),
  };
}

/** Text in the charset `binary` is no text: CHAR becomes BINARY, TEXT becomes BLOB. */
export function withCharset(
  column: Pick<ColumnDefinition, 'type' | 'mysqlType'>,
  charset: string | undefined,
): Pick<ColumnDefinition, 'type' | 'mysqlType'> {
  const { type, mysqlType } = column;
  if (type.kind !== 'text' || charset === undefined) return { type, mysqlType };
  if (charset !== 'binary') return { type: { kind: 'text', charset }, mysqlType };
  const length = /^char\((\d+)\)$/.exec(mysqlType)?.[1];
  const binaryType = mysqlType
    .replace(/^char/, 'binary')
    .replace(/^varchar/, 'varbinary')
    .replace(/text$/, 'blob');
  const fixed = length === undefined ? {} : { fixedLength: Number(length) };
  return { type: { kind: 'bytes', ...fixed }, mysqlType: binaryType };
}

function readAttribute(reader: TokenReader, attributes: Attributes): boolean {
  return (
    readCharsetAttribute(reader, attributes) ||
    readKeyAttribute(reader, attributes) ||
    readValueAttribute(reader, attributes) ||
    readPlainAttribute(reader) ||
    readConstraint(reader, attributes)
  );
}

function readCharsetAttribute(reader: TokenReader, attributes: Attributes): boolean {
  if (
    reader.accept('CHARACTER', 'SET') ||
    reader.accept('CHARSET') ||
    reader.accept('CHAR', 'SET')
  ) {
    attributes.charset = charsetName(reader.nameOrString());
    return true;
  }
  if (reader.accept('COLLATE')) {
    attributes.collation = reader.nameOrString();
    return true;
  }
  if (reader.accept('ASCII')) {
    attributes.charset = 'latin1';
    return true;
  }
  if (reader.accept('UNICODE')) {
    attributes.charset = 'ucs2';
    return true;
  }
  return reader.accept('BINARY');
}

function readKeyAttribute(reader: TokenReader, attributes: Attributes): boolean {
  if (reader.accept('NOT', 'NULL')) {
    attributes.notNull = true;
    return true;
  }
  if (reader.accept('NULL')) return true;
  if (reader.accept('PRIMARY', 'KEY') || reader.accept('PRIMARY')) {
    attributes.isPrimaryKey = true;
    return true;
  }
  if (reader.accept('UNIQUE')) {
    reader.accept('KEY');
    return true;
  }
  if (reader.accept('KEY')) {
    attributes.isPrimaryKey = true;
    return true;
  }
  return false;
}

function readValueAttribute(reader: TokenReader, attributes: Attributes): boolean {
  if (reader.accept('SERIAL', 'DEFAULT', 'VALUE')) {
    attributes.notNull = true;
    return true;
  }
  if (reader.accept('DEFAULT')) {
    attributes.defaultLiteral = readDefault(reader);
    return true;
  }
  if (reader.accept('ON', 'UPDATE')) {
    readFunctionCall(reader);
    return true;
  }
  const generated = reader.accept('GENERATED');
  if (generated && !reader.accept('ALWAYS')) reader.expect('BY', 'DEFAULT');
  if (!reader.accept('AS')) {
    if (generated) throw reader.error('AS is expected');
    return false;
  }
  if (reader.accept('ROW')) {
    throw reader.error('system-versioned tables are not supported');
  }
  attributes.generatedBy = reader.wordsInParentheses();
  attributes.defaultLiteral = { kind: 'expression' };
  reader.acceptOneOf('VIRTUAL', 'STORED', 'PERSISTENT');
  return true;
}

/** Attributes that say nothing about the values. */
function readPlainAttribute(reader: TokenReader): boolean {
  if (reader.acceptOneOf('AUTO_INCREMENT', 'VISIBLE', 'INVISIBLE') !== undefined) return true;
  if (reader.accept('COMMENT')) return taken(() => reader.string());
  if (reader.acceptOneOf('COLUMN_FORMAT', 'STORAGE') !== undefined) {
    return taken(() => reader.name());
  }
  if (reader.acceptOneOf('ENGINE_ATTRIBUTE', 'SECONDARY_ENGINE_ATTRIBUTE') !== undefined) {
    reader.acceptSymbol('=');
    return taken(() => reader.string());
  }
  if (reader.acceptOneOf('SRID', 'REF_SYSTEM_ID') !== undefined) {
    reader.acceptSymbol('=');
    return taken(() => reader.integer());
  }
  if (reader.accept('COMPRESSED')) {
    if (reader.acceptSymbol('=')) reader.nameOrString();
    return true;
  }
  return reader.accept('WITHOUT', 'SYSTEM', 'VERSIONING');
}

function readConstraint(reader: TokenReader, attributes: Attributes): boolean {
  if (reader.accept('CONSTRAINT')) {
    if (!reader.isNext('CHECK')) reader.name();
  }
  if (reader.accept('CHECK')) {
    reader.skipParenthesised();
    if (!reader.accept('NOT', 'ENFORCED')) reader.accept('ENFORCED');
    return true;
  }
  if (!reader.accept('REFERENCES')) return false;
  attributes.references = readReference(reader);
  return true;
}

/** Reads what stands behind DEFAULT. */
export function readDefault(reader: TokenReader): DefaultLiteral {
  if (reader.accept('NULL')) return { kind: 'null' };
  if (reader.accept('TRUE')) return { kind: 'number', text: '1' };
  if (reader.accept('FALSE')) return { kind: 'number', text: '0' };
  if (reader.isSymbol('(')) {
    reader.skipParenthesised();
    return { kind: 'expression' };
  }
  const minus = reader.acceptSymbol('-');
  if (!minus) reader.acceptSymbol('+');
  const token = reader.peek();
  if (token?.kind === 'number') {
    reader.take();
    // 0x… and 0b… are byte strings, whose value depends on the column's type.
    if (/^0[xb]/.test(token.text)) return { kind: 'expression' };
    return { kind: 'number', text: `${minus ? '-' : ''}${token.text}` };
  }
  if (token?.kind === 'string') return { kind: 'string', text: reader.string() };
  // b'101', x'6162' and _utf8mb4'…'.
  if (token?.kind === 'word' && reader.peek(1)?.kind === 'string') {
    reader.take();
    const text = reader.string();
    return token.text.startsWith('_') ? { kind: 'string', text } : { kind: 'expression' };
  }
  readFunctionCall(reader);
  return { kind: 'expression' };
}

/** True, whatever was read: for an attribute that is known and leaves no trace in the rows. */
function taken(read: () => unknown): true {
  read();
  return true;
}

/** CURRENT_TIMESTAMP, now(6), nextval(`db`.`sequence`), `db`.`f`(…). */
function readFunctionCall(reader: TokenReader): void {
  reader.name();
  while (reader.acceptSymbol('.')) reader.name();
  if (reader.isSymbol('(')) reader.skipParenthesised();
}

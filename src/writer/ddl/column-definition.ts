import { charsetName, charsetOfCollation } from './charset.js';
import { readDataType } from './data-type.js';
import { honoursColumnReferences, readReference } from './foreign-key.js';
import { readColumnName } from './names.js';
import type { SqlDialect } from './sql-dialect.js';
import { readDefault, readFunctionCall } from './default-literal.js';
import type { ColumnDefinition, DefaultLiteral, ReferenceDefinition } from './statement.js';
import type { TokenReader } from './token-reader.js';

interface Attributes {
  notNull: boolean;
  nullIsTold: boolean;
  isPrimaryKey: boolean;
  isAutoIncrement: boolean;
  generated: string | undefined;
  charset: string | undefined;
  collation: string | undefined;
  defaultLiteral: DefaultLiteral | undefined;
  references: ReferenceDefinition | undefined;
}

/** Reads a column's name, type and attributes, up to the comma, bracket or word after them. */
export function readColumnDefinition(reader: TokenReader, dialect: SqlDialect): ColumnDefinition {
  const name = readColumnName(reader);
  const declared = readDataType(reader, dialect);
  const attributes: Attributes = {
    notNull: declared.notNull,
    nullIsTold: declared.notNull,
    isPrimaryKey: false,
    isAutoIncrement: declared.isAutoIncrement === true,
    generated: undefined,
    charset: undefined,
    collation: undefined,
    defaultLiteral: undefined,
    references: undefined,
  };
  while (readAttribute(reader, attributes));
  const { references } = attributes;
  const charset =
    attributes.charset ??
    (attributes.collation === undefined ? undefined : charsetOfCollation(attributes.collation));
  return {
    name,
    ...withCharset(declared, charset),
    nullable: !attributes.notNull && !attributes.isPrimaryKey,
    nullIsTold: attributes.nullIsTold || attributes.isPrimaryKey,
    isPrimaryKey: attributes.isPrimaryKey,
    isAutoIncrement: attributes.isAutoIncrement,
    charset,
    generated: attributes.generated,
    defaultLiteral: attributes.defaultLiteral,
    ...(references === undefined || !honoursColumnReferences(dialect) ? {} : { references }),
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
    readPlainAttribute(reader, attributes) ||
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
  if (reader.accept('BYTE')) {
    attributes.charset = 'binary';
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
    attributes.nullIsTold = true;
    return true;
  }
  if (reader.accept('NULL')) {
    attributes.nullIsTold = true;
    return true;
  }
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
    attributes.isAutoIncrement = true;
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
  attributes.generated = reader.parenthesisedText();
  attributes.defaultLiteral = { kind: 'expression' };
  reader.acceptOneOf('VIRTUAL', 'STORED', 'PERSISTENT');
  return true;
}

/** Attributes that say nothing about the values. */
function readPlainAttribute(reader: TokenReader, attributes: Attributes): boolean {
  if (reader.accept('AUTO_INCREMENT')) {
    attributes.isAutoIncrement = true;
    return true;
  }
  if (reader.acceptOneOf('VISIBLE', 'INVISIBLE') !== undefined) return true;
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

/** True, whatever was read: for an attribute that is known and leaves no trace in the rows. */
function taken(read: () => unknown): true {
  read();
  return true;
}

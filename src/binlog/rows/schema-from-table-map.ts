import type { Column, ColumnType, TableSchema } from '../../protocol/index.js';
import { charsetOfCollation } from '../charset-text.js';
import { columnCodes } from '../column-codes.js';
import type { TableMapColumn, TableMapEvent } from '../event.js';
import { isToldHidden } from './hidden-columns.js';

/**
 * The schema of a table as its TABLE_MAP tells it, which takes binlog_row_metadata=FULL; undefined
 * where names, signs, charsets or members are missing, or a type can't be told: MariaDB's old
 * temporal codes, which may have a fraction that the log does not show.
 *
 * Shape: without the columns that the server hides. `mysqlType` is as near to SHOW CREATE TABLE as the log allows: MariaDB's UUID and INET are
 * `binary(n)`, and its JSON is `longtext`.
 */
export function schemaFromTableMap(tableMap: TableMapEvent): TableSchema | undefined {
  const columns: Column[] = [];
  for (const logged of tableMap.columns) {
    if (isToldHidden(logged)) continue;
    const described = describe(logged);
    if (described === undefined || logged.name === undefined) return undefined;
    columns.push({ name: logged.name, nullable: logged.nullable, ...described });
  }
  const primaryKey = (tableMap.primaryKey ?? []).flatMap((i) => tableMap.columns[i]?.name ?? []);
  return { database: tableMap.database, table: tableMap.table, columns, primaryKey };
}

type Description = Pick<Column, 'type' | 'mysqlType'>;

function describe(logged: TableMapColumn): Description | undefined {
  const { typeCode, metadata } = logged;
  switch (typeCode) {
    case columnCodes.tiny:
      return describeInt(logged, 8, 'tinyint');
    case columnCodes.short:
      return describeInt(logged, 16, 'smallint');
    case columnCodes.int24:
      return describeInt(logged, 24, 'mediumint');
    case columnCodes.long:
      return describeInt(logged, 32, 'int');
    case columnCodes.longlong:
      return describeInt(logged, 64, 'bigint');
    case columnCodes.float:
      return signed(logged, { kind: 'float', bits: 32 }, 'float');
    case columnCodes.double:
      return signed(logged, { kind: 'float', bits: 64 }, 'double');
    case columnCodes.newdecimal:
      return describeDecimal(logged);
    case columnCodes.bit:
      return { type: { kind: 'bit', length: metadata }, mysqlType: `bit(${metadata})` };
    case columnCodes.year:
      return { type: { kind: 'year' }, mysqlType: 'year' };
    case columnCodes.date:
    case columnCodes.newdate:
      return { type: { kind: 'date' }, mysqlType: 'date' };
    case columnCodes.datetime2:
      return describeTemporal('datetime', metadata);
    case columnCodes.timestamp2:
      return describeTemporal('timestamp', metadata);
    case columnCodes.time2:
      return describeTemporal('time', metadata);
    case columnCodes.json:
      return { type: { kind: 'json' }, mysqlType: 'json' };
    case columnCodes.geometry:
      return { type: { kind: 'geometry' }, mysqlType: 'geometry' };
    case columnCodes.vector:
      return { type: { kind: 'vector' }, mysqlType: 'vector' };
    case columnCodes.enum:
    case columnCodes.set:
      return describeMembers(logged);
    default:
      return describeString(logged);
  }
}

function describeInt(
  logged: TableMapColumn,
  bits: 8 | 16 | 24 | 32 | 64,
  name: string,
): Description | undefined {
  if (logged.unsigned === undefined) return undefined;
  return signed(logged, { kind: 'int', bits, unsigned: logged.unsigned }, name);
}

function signed(
  logged: TableMapColumn,
  type: ColumnType,
  name: string,
): { type: ColumnType; mysqlType: string } {
  return { type, mysqlType: logged.unsigned === true ? `${name} unsigned` : name };
}

function describeDecimal(logged: TableMapColumn): Description | undefined {
  const precision = logged.metadata >> 8;
  const scale = logged.metadata & 255;
  if (logged.unsigned === undefined || precision > 65 || scale > precision) return undefined;
  const type: ColumnType = { kind: 'decimal', precision, scale, unsigned: logged.unsigned };
  return signed(logged, type, `decimal(${precision},${scale})`);
}

function describeTemporal(kind: 'datetime' | 'timestamp' | 'time', fsp: number): Description {
  return { type: { kind, fsp }, mysqlType: fsp === 0 ? kind : `${kind}(${fsp})` };
}

function describeMembers(logged: TableMapColumn): Description | undefined {
  const { members } = logged;
  if (members === undefined) return undefined;
  const kind = logged.typeCode === columnCodes.enum ? 'enum' : 'set';
  const quoted = members.map((text) => `'${text.replaceAll("'", "''")}'`).join(',');
  return { type: { kind, members }, mysqlType: `${kind}(${quoted})` };
}

function describeString(logged: TableMapColumn): Description | undefined {
  const charset = charsetOfCollation(logged.collation);
  const name = stringName(logged, charset === 'binary');
  if (charset === undefined || name === undefined) return undefined;
  if (charset !== 'binary') return { type: { kind: 'text', charset }, mysqlType: name };
  return logged.typeCode === columnCodes.string
    ? { type: { kind: 'bytes', fixedLength: logged.metadata }, mysqlType: name }
    : { type: { kind: 'bytes' }, mysqlType: name };
}

const blobSizes = ['', 'tiny', '', 'medium', 'long'] as const;

/** The type's name; lengths of text are in bytes, as the log does not tell them in characters. */
function stringName({ typeCode, metadata }: TableMapColumn, binary: boolean): string | undefined {
  switch (typeCode) {
    case columnCodes.varchar:
    case columnCodes.varString:
    case columnCodes.varcharCompressed:
      return binary ? `varbinary(${metadata})` : 'varchar';
    case columnCodes.string:
      return binary ? `binary(${metadata})` : 'char';
    case columnCodes.blob:
    case columnCodes.tinyBlob:
    case columnCodes.mediumBlob:
    case columnCodes.longBlob:
    case columnCodes.blobCompressed:
      return `${blobSizes[metadata] ?? ''}${binary ? 'blob' : 'text'}`;
    default:
      return undefined;
  }
}

/** How the values of a MySQL type differ from the engine column's that keeps them. */
export type MysqlTypeFamily = 'bytes' | 'time' | 'datetime' | 'other';

/**
 * Sorts a MySQL type as `SHOW CREATE TABLE` writes it, or gives undefined for a text that is no
 * MySQL type: a column's comment need not be one in a table that a user made by SQL.
 */
export function mysqlTypeFamily(text: string): MysqlTypeFamily | undefined {
  const match = typePattern.exec(text.trim());
  const word = match?.[1]?.toLowerCase();
  if (word === undefined) return undefined;
  if (byteWords.has(word)) return 'bytes';
  if (word === 'time' || word === 'datetime') return word;
  return otherWords.has(word) ? 'other' : undefined;
}

/** True for TIME and TIME(f). */
export function isTimeType(mysqlType: string | undefined): boolean {
  return mysqlType !== undefined && mysqlTypeFamily(mysqlType) === 'time';
}

/** Digits of the fraction of a second of TIME, DATETIME and TIMESTAMP types. */
export function fractionDigits(mysqlType: string): number {
  return Number(/\((\d)\)/.exec(mysqlType)?.[1] ?? '0');
}

/** A type's name, length or members, and the attributes that belong to the type. */
const typePattern =
  /^([a-z]+[0-9]?)(?: precision)?(?:\s*\(.*\))?(?: (?:unsigned|zerofill|(?:character set|charset|collate) \w+|srid \d+))*$/is;

const byteWords: ReadonlySet<string> = new Set(
  (
    'binary varbinary tinyblob blob mediumblob longblob geometry point linestring polygon ' +
    'multipoint multilinestring multipolygon geometrycollection geomcollection'
  ).split(' '),
);

const otherWords: ReadonlySet<string> = new Set(
  (
    'tinyint smallint mediumint int integer bigint decimal numeric float double real bit year ' +
    'date timestamp char varchar tinytext text mediumtext longtext enum set json vector ' +
    'uuid inet4 inet6'
  ).split(' '),
);

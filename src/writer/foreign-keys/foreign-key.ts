import type { ForeignKeyAction, ForeignKeyDefinition } from '../ddl/index.js';

/** A foreign key of a table of the source, under the name that the server knows it by. */
export interface ForeignKey {
  name: string;
  columns: readonly string[];
  parent: { database: string; table: string };
  /** Empty where the statement named none: the parent's primary key. */
  parentColumns: readonly string[];
  onDelete: ForeignKeyAction;
  onUpdate: ForeignKeyAction;
}

/**
 * Gives the foreign keys that DDL declares their full form. Nameless ones get names as the server makes
 * them: `t_ibfk_N`, with the first number after all that `existing` has.
 */
export function foreignKeysOf(
  child: { database: string; table: string },
  definitions: readonly ForeignKeyDefinition[],
  existing: readonly ForeignKey[] = [],
): ForeignKey[] {
  const prefix = madeUpPrefix(child.table);
  let number = Math.max(0, ...existing.map(({ name }) => madeUpNumber(name, prefix)));
  return definitions.map(({ name, parent, ...rest }) => {
    number += name === undefined ? 1 : 0;
    const database = parent.database === '' ? child.database : parent.database;
    return { ...rest, name: name ?? `${prefix}${number}`, parent: { ...parent, database } };
  });
}

/** The name that a foreign key has after its table was renamed: those of the server's making follow. */
export function nameAfterRename(name: string, from: string, to: string): string {
  const prefix = madeUpPrefix(from);
  return madeUpNumber(name, prefix) > 0 ? `${madeUpPrefix(to)}${name.slice(prefix.length)}` : name;
}

/** InnoDB alone has foreign keys; where no engine is named, it is the one. */
export function hasForeignKeys(storage: string | undefined): boolean {
  return storage === undefined || storage === 'innodb';
}

function madeUpPrefix(table: string): string {
  return `${table}_ibfk_`;
}

function madeUpNumber(name: string, prefix: string): number {
  const number = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^[1-9]\d*$/.test(number) ? Number(number) : 0;
}

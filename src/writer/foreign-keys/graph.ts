import { tableName } from '../../protocol/index.js';
import type { SchemaHistory } from '../schema-history.js';
import type { TableFilter } from '../table-filter.js';
import { hasForeignKeys, type ForeignKey } from './foreign-key.js';

interface TableReference {
  database: string;
  table: string;
}

/** A table of the copy that foreign keys with actions refer to, or belong to. */
export interface KeyTable {
  /** The source's name. */
  source: TableReference;
  /** Its name in the engine, as `tableName` writes it. */
  target: string;
  /** It has no primary key. */
  isKeyless: boolean;
  /** Foreign keys that refer to it and act on their own tables, in the order in which InnoDB does. */
  children: Link[];
  /** Foreign keys of its own that act. */
  parents: Link[];
}

/** A foreign key that does something to child rows. */
export interface Link {
  key: ForeignKey;
  parent: KeyTable;
  child: KeyTable;
}

/** The foreign keys with actions, as they are between two statements of DDL. */
export class ForeignKeyGraph {
  readonly #tables = new Map<string, KeyTable>();

  constructor(history: SchemaHistory, filter: TableFilter) {
    for (const { schema, foreignKeys = [] } of history.tables()) {
      if (!filter.accepts(schema)) continue;
      for (const key of foreignKeys) {
        if (!acts(key) || !filter.accepts(key.parent)) continue;
        if (!hasForeignKeys(history.get(key.parent)?.storage)) continue;
        const child = this.#add(schema, filter);
        child.isKeyless = schema.primaryKey.length === 0;
        const parent = this.#add(key.parent, filter);
        const link: Link = { key, parent, child };
        parent.children.push(link);
        child.parents.push(link);
      }
    }
    for (const { children } of this.#tables.values()) children.sort(byIdentity);
  }

  /** The table by the source's name; undefined where no foreign key with an action has to do with it. */
  get(table: TableReference): KeyTable | undefined {
    return this.#tables.get(tableName(table));
  }

  #add({ database, table }: TableReference, filter: TableFilter): KeyTable {
    const source = { database, table };
    const name = tableName(source);
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const target = tableName(filter.target(source));
    const added: KeyTable = { source, target, isKeyless: false, children: [], parents: [] };
    this.#tables.set(name, added);
    return added;
  }
}

/** True where a foreign key does something to child rows. */
export function acts({ onDelete, onUpdate }: ForeignKey): boolean {
  return onDelete !== 'none' || onUpdate !== 'none';
}

/** All tables that a change of `table` may reach, itself first. */
export function reachOf(table: KeyTable): KeyTable[] {
  const found = new Set([table]);
  for (const each of found) for (const { child } of each.children) found.add(child);
  return [...found];
}

/**
 * InnoDB goes through the foreign keys of a parent by their identities, `database/name`, as bytes.
 * Source: MySQL 5.7 storage/innobase/include/dict0mem.h, dict_foreign_compare.
 */
function byIdentity(a: Link, b: Link): number {
  return Buffer.compare(identityOf(a), identityOf(b));
}

function identityOf({ key, child }: Link): Buffer {
  return Buffer.from(`${child.source.database}/${key.name}`, 'utf8');
}

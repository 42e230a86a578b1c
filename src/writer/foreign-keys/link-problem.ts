import type { Column, TableSchema } from '../../protocol/index.js';
import type { KnownTable } from '../schema-history.js';
import type { Link } from './graph.js';
import { columnIndexes, parentColumnsOf } from './parent-notes.js';

/** A foreign key with the tables as they are. */
export interface LinkTables {
  parent: TableSchema;
  child: TableSchema;
  knownChild: KnownTable | undefined;
}

/**
 * Why it is not certain which child rows refer to a parent's, or what becomes of them; undefined where
 * it is.
 */
export function linkProblem(
  link: Link,
  { parent, child, knownChild }: LinkTables,
  change: 'delete' | 'update',
): string | undefined {
  const own = columnIndexes(child, link.key.columns);
  const referred = parentColumnsOf(link, parent);
  if (own.length !== referred.length) return 'its columns are not known';
  for (const [index, at] of own.entries()) {
    const column = child.columns[at];
    const other = parent.columns[referred[index] ?? -1];
    if (column === undefined || other === undefined) return 'its columns are not known';
    if (!isComparable(column, other)) {
      return `${column.name} is ${column.mysqlType}, and ${other.name} is ${other.mysqlType}`;
    }
  }
  const action = change === 'delete' ? link.key.onDelete : link.key.onUpdate;
  return action === 'cascade' && change === 'delete'
    ? undefined
    : generatedProblem(link, knownChild?.generated ?? {});
}

/** A generated column changes with the columns that its expression names. */
function generatedProblem(
  { key }: Link,
  generated: Readonly<Record<string, string>>,
): string | undefined {
  const columns = new Set(key.columns.map((name) => name.toLowerCase()));
  // A generated column may be computed from another one.
  const found = Object.entries(generated).find(([, text]) =>
    wordsOf(text).some((word) => columns.has(word) || isGenerated(word, generated)),
  );
  return found === undefined ? undefined : `${found[0]} is computed from its columns`;
}

function isGenerated(word: string, generated: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(generated).some((name) => name.toLowerCase() === word);
}

/** True where equal values are equal bytes in the copy, but for the collation of text. */
function isComparable(a: Column, b: Column): boolean {
  if (a.type.kind === 'float' || b.type.kind === 'float') return false;
  // The lengths of text may differ, but CHAR loses the spaces at its end.
  if (a.type.kind === 'text' && b.type.kind === 'text') return wordOf(a) === wordOf(b);
  if (a.type.kind === 'bytes' && b.type.kind === 'bytes') {
    return a.mysqlType === b.mysqlType || (wordOf(a) === 'varbinary' && wordOf(b) === 'varbinary');
  }
  return JSON.stringify(a.type) === JSON.stringify(b.type);
}

function wordOf({ mysqlType }: Column): string {
  return /^\w*/.exec(mysqlType)?.[0] ?? '';
}

/** True where values are compared by a collation, by which different bytes may be equal. */
export function hasText({ key }: Link, child: TableSchema): boolean {
  return columnIndexes(child, key.columns).some((at) => child.columns[at]?.type.kind === 'text');
}

/** The names and words of an expression, in lower case; what stands in a string may be among them. */
function wordsOf(expression: string): string[] {
  const words = expression.matchAll(/`((?:[^`]|``)+)`|([0-9A-Za-z_$\u0080-\uffff]+)/g);
  return [...words].map(([, quoted, plain]) =>
    (quoted?.replaceAll('``', '`') ?? plain ?? '').toLowerCase(),
  );
}

import { readKeyColumns, readTableName } from './names.js';
import type { SqlDialect } from './sql-dialect.js';
import type { ForeignKeyAction, ForeignKeyDefinition, ReferenceDefinition } from './statement.js';
import type { TokenReader } from './token-reader.js';

/**
 * Reads what stands after FOREIGN KEY.
 *
 * `symbol` is the name that CONSTRAINT gave it. MariaDB takes the index's name where there is none.
 */
export function readForeignKey(
  reader: TokenReader,
  dialect: SqlDialect,
  symbol: string | undefined,
): ForeignKeyDefinition {
  reader.accept('IF', 'NOT', 'EXISTS');
  const indexName = reader.isSymbol('(') ? undefined : reader.name();
  const columns = readKeyColumns(reader);
  reader.expect('REFERENCES');
  const name = symbol ?? (dialect.flavor === 'mariadb' ? indexName : undefined);
  return { name, columns, ...readReference(reader) };
}

/** Reads what stands after REFERENCES. */
export function readReference(reader: TokenReader): ReferenceDefinition {
  const parent = readTableName(reader, '');
  const parentColumns = reader.isSymbol('(') ? readKeyColumns(reader) : [];
  let onDelete: ForeignKeyAction = 'none';
  let onUpdate: ForeignKeyAction = 'none';
  for (;;) {
    if (reader.accept('MATCH')) reader.name();
    else if (reader.accept('ON', 'DELETE')) onDelete = readAction(reader);
    else if (reader.accept('ON', 'UPDATE')) onUpdate = readAction(reader);
    else return { parent, parentColumns, onDelete, onUpdate };
  }
}

/** InnoDB knows no SET DEFAULT: it refuses the parent's change. */
function readAction(reader: TokenReader): ForeignKeyAction {
  if (reader.accept('CASCADE')) return 'cascade';
  if (reader.accept('SET', 'NULL')) return 'set-null';
  if (reader.accept('SET', 'DEFAULT') || reader.accept('RESTRICT')) return 'none';
  reader.expect('NO', 'ACTION');
  return 'none';
}

/** Whether REFERENCES at a column makes a foreign key: MariaDB since 10.5, MySQL since 9.0. */
export function honoursColumnReferences({ flavor, version }: SqlDialect): boolean {
  return version >= (flavor === 'mariadb' ? 100_500 : 90_000);
}

import { charsetName, charsetOfCollation } from './charset.js';
import { readColumnDefinition } from './column-definition.js';
import { foreignKeyOfColumn, readTableConstraint } from './create-table.js';
import { readDefault } from './default-literal.js';
import { readColumnName, readTableName } from './names.js';
import { readParts, readPartitioning, readPartitionNames } from './partitions.js';
import type { SqlDialect } from './sql-dialect.js';
import type { AlterAction, ColumnDefinition, ColumnPlace, TableReference } from './statement.js';
import { readTableOption } from './table-options.js';
import type { TokenReader } from './token-reader.js';

const noEffect: AlterAction = { kind: 'no-effect' };

/**
 * Reads the actions of ALTER TABLE, to the end of the statement.
 *
 * Errors: `SqlSyntaxError` for an action that is not known.
 * Source: MySQL 8.4 sql/sql_yacc.yy, rule alter_commands; MariaDB 10.11, rule alter_commands.
 */
export function readAlterActions(
  reader: TokenReader,
  dialect: SqlDialect,
  defaultDatabase: string,
): AlterAction[] {
  const actions: AlterAction[] = [];
  const context = { dialect, defaultDatabase };
  while (!reader.done && !reader.acceptSymbol(';')) {
    actions.push(...readAction(reader, context));
    reader.acceptSymbol(',');
  }
  return actions;
}

interface Context {
  dialect: SqlDialect;
  defaultDatabase: string;
}

function readAction(reader: TokenReader, context: Context): AlterAction[] {
  const partition = readPartitionAction(reader, context);
  if (partition !== undefined) return [partition];
  if (reader.accept('ADD')) return readAdd(reader, context);
  if (reader.accept('DROP')) return [readDrop(reader)];
  if (reader.accept('MODIFY')) {
    reader.accept('COLUMN');
    const ifExists = reader.accept('IF', 'EXISTS');
    const column = readColumnDefinition(reader, context.dialect);
    const place = readPlace(reader);
    return [
      { kind: 'change-column', from: column.name, column, place, ifExists },
      ...referencesOf(column),
    ];
  }
  if (reader.accept('CHANGE')) {
    reader.accept('COLUMN');
    const ifExists = reader.accept('IF', 'EXISTS');
    const from = readColumnName(reader);
    const column = readColumnDefinition(reader, context.dialect);
    const place = readPlace(reader);
    return [{ kind: 'change-column', from, column, place, ifExists }, ...referencesOf(column)];
  }
  if (reader.accept('RENAME')) return [readRename(reader, context)];
  if (reader.accept('CONVERT', 'TO')) return [readConvert(reader)];
  return [readOther(reader)];
}

function readAdd(reader: TokenReader, context: Context): AlterAction[] {
  if (reader.accept('SYSTEM', 'VERSIONING')) {
    return [{ kind: 'unsupported', what: 'ADD SYSTEM VERSIONING', takesOnly: false }];
  }
  const constraint = readTableConstraint(reader, context.dialect);
  if (constraint !== undefined) return [actionOf(constraint)];
  reader.accept('COLUMN');
  const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS');
  if (!reader.acceptSymbol('(')) {
    const column = readColumnDefinition(reader, context.dialect);
    const place = readPlace(reader) ?? last;
    return [{ kind: 'add-column', column, place, ifNotExists }, ...referencesOf(column)];
  }
  const actions: AlterAction[] = [];
  reader.list(() => {
    const inner = readTableConstraint(reader, context.dialect);
    if (inner === undefined) {
      const column = readColumnDefinition(reader, context.dialect);
      actions.push({ kind: 'add-column', column, place: last, ifNotExists });
      actions.push(...referencesOf(column));
    } else {
      actions.push(actionOf(inner));
    }
  });
  reader.expectSymbol(')');
  return actions;
}

function actionOf(constraint: NonNullable<ReturnType<typeof readTableConstraint>>): AlterAction {
  const { primaryKey, foreignKey } = constraint;
  if (foreignKey !== undefined) return { kind: 'add-foreign-key', key: foreignKey };
  return primaryKey === undefined ? noEffect : { kind: 'add-primary-key', columns: primaryKey };
}

function referencesOf(column: ColumnDefinition): AlterAction[] {
  return foreignKeyOfColumn(column).map((key) => ({ kind: 'add-foreign-key', key }));
}

const last: ColumnPlace = { kind: 'last' };

function readPlace(reader: TokenReader): ColumnPlace | undefined {
  if (reader.accept('FIRST')) return { kind: 'first' };
  if (reader.accept('AFTER')) return { kind: 'after', column: readColumnName(reader) };
  return undefined;
}

function readDrop(reader: TokenReader): AlterAction {
  if (reader.accept('PRIMARY', 'KEY')) return { kind: 'drop-primary-key' };
  if (reader.accept('SYSTEM', 'VERSIONING')) {
    return { kind: 'unsupported', what: 'DROP SYSTEM VERSIONING', takesOnly: false };
  }
  const isCertain = reader.accept('FOREIGN', 'KEY');
  if (isCertain || reader.accept('CONSTRAINT')) {
    const ifExists = reader.accept('IF', 'EXISTS');
    const name = reader.name();
    // The primary key is a constraint of this name.
    if (name.toUpperCase() === 'PRIMARY') return { kind: 'drop-primary-key' };
    return { kind: 'drop-foreign-key', name, isCertain: isCertain && !ifExists };
  }
  if (reader.acceptOneOf('INDEX', 'KEY', 'CHECK', 'PERIOD') !== undefined) {
    reader.accept('FOR');
    reader.accept('IF', 'EXISTS');
    // The primary key is an index of this name.
    return reader.name().toUpperCase() === 'PRIMARY' ? { kind: 'drop-primary-key' } : noEffect;
  }
  reader.accept('COLUMN');
  const ifExists = reader.accept('IF', 'EXISTS');
  const column = reader.name();
  reader.acceptOneOf('RESTRICT', 'CASCADE');
  return { kind: 'drop-column', column, ifExists };
}

function readRename(reader: TokenReader, context: Context): AlterAction {
  if (reader.acceptOneOf('INDEX', 'KEY') !== undefined) {
    reader.name();
    reader.expect('TO');
    reader.name();
    return noEffect;
  }
  if (reader.accept('COLUMN')) {
    const ifExists = reader.accept('IF', 'EXISTS');
    const from = reader.name();
    reader.expect('TO');
    return { kind: 'rename-column', from, to: reader.name(), ifExists };
  }
  if (!reader.accept('TO') && !reader.accept('AS')) reader.acceptSymbol('=');
  return { kind: 'rename-table', to: readTableName(reader, context.defaultDatabase) };
}

function readConvert(reader: TokenReader): AlterAction {
  if (!reader.accept('CHARACTER', 'SET')) reader.expect('CHARSET');
  const isDefault = reader.accept('DEFAULT');
  let charset = isDefault ? undefined : charsetName(reader.nameOrString());
  if (reader.accept('COLLATE')) {
    const ofCollation = charsetOfCollation(reader.nameOrString());
    charset ??= ofCollation;
  }
  return { kind: 'convert-charset', charset };
}

/** Partitions hold no meaning for a copy, but for the actions that take rows away or bring some. */
function readPartitionAction(reader: TokenReader, context: Context): AlterAction | undefined {
  const second = reader.peek(1)?.text.toUpperCase();
  const first = reader.peek()?.text.toUpperCase() ?? '';
  const isTablespace = second === 'TABLESPACE' && (first === 'DISCARD' || first === 'IMPORT');
  const isPartition =
    (second === 'PARTITION' && partitionVerbs.has(first)) ||
    (first === 'REMOVE' && second === 'PARTITIONING') ||
    (first === 'PARTITION' && second === 'BY') ||
    (first === 'CONVERT' && second === 'TABLE');
  if (!isTablespace && !isPartition) return undefined;
  reader.take();
  // CONVERT TABLE t TO PARTITION p, CONVERT PARTITION p TO TABLE t, EXCHANGE PARTITION p WITH TABLE t.
  if (second !== 'TABLE') reader.take();
  const action = readPartitionChange(reader, first);
  let other: TableReference | undefined;
  while (!reader.done) {
    if (reader.accept('TABLE')) other = readTableName(reader, context.defaultDatabase);
    else reader.take();
  }
  if (action !== undefined) return action;
  const losesRows = ['EXCHANGE', 'DISCARD', 'IMPORT', 'CONVERT'].includes(first);
  const what = `${first} ${second}`;
  if (!losesRows) return noEffect;
  const named = other === undefined ? {} : { other };
  return { kind: 'unsupported', what, takesOnly: first === 'DISCARD', ...named };
}

function readPartitionChange(reader: TokenReader, first: string): AlterAction | undefined {
  switch (first) {
    case 'PARTITION':
      return { kind: 'partition-by', partitioning: readPartitioning(reader) };
    case 'REMOVE':
      return { kind: 'partition-by', partitioning: undefined };
    case 'DROP':
      return { kind: 'drop-partitions', names: readPartitionNames(reader) };
    case 'TRUNCATE':
      return { kind: 'truncate-partitions', names: readPartitionNames(reader) };
    case 'ADD': {
      reader.accept('NO_WRITE_TO_BINLOG');
      reader.accept('LOCAL');
      reader.accept('IF', 'NOT', 'EXISTS');
      return { kind: 'add-partitions', parts: reader.attempt(() => readParts(reader)) };
    }
    case 'REORGANIZE': {
      const names = reader.attempt(() => readPartitionNames(reader)) ?? 'all';
      const parts = reader.accept('INTO') ? reader.attempt(() => readParts(reader)) : undefined;
      return { kind: 'reorganize-partitions', names, parts };
    }
    default:
      return undefined;
  }
}

const partitionVerbs: ReadonlySet<string> = new Set([
  'ADD',
  'DROP',
  'TRUNCATE',
  'EXCHANGE',
  'DISCARD',
  'IMPORT',
  'CONVERT',
  'ANALYZE',
  'CHECK',
  'COALESCE',
  'OPTIMIZE',
  'REBUILD',
  'REORGANIZE',
  'REPAIR',
]);

function readOther(reader: TokenReader): AlterAction {
  if (reader.accept('ALTER')) return readAlterDefault(reader);
  if (reader.accept('FORCE')) return noEffect;
  if (reader.accept('ENABLE', 'KEYS') || reader.accept('DISABLE', 'KEYS')) return noEffect;
  if (reader.accept('WITH', 'VALIDATION') || reader.accept('WITHOUT', 'VALIDATION'))
    return noEffect;
  if (reader.acceptOneOf('ALGORITHM', 'LOCK') !== undefined) {
    reader.acceptSymbol('=');
    reader.name();
    return noEffect;
  }
  if (reader.accept('ORDER', 'BY')) {
    reader.list(() => {
      readColumnName(reader);
      reader.acceptOneOf('ASC', 'DESC');
    });
    return noEffect;
  }
  const option = readTableOption(reader);
  if (option === undefined) throw reader.error('the action is not known');
  if (option.storage !== undefined) return { kind: 'storage', storage: option.storage };
  return option.isCharset ? { kind: 'default-charset', charset: option.charset } : noEffect;
}

/** ALTER [COLUMN] c SET DEFAULT …, ALTER INDEX i INVISIBLE, ALTER CHECK c NOT ENFORCED. */
function readAlterDefault(reader: TokenReader): AlterAction {
  const isOther = reader.isNext('INDEX') || reader.isNext('CHECK') || reader.isNext('CONSTRAINT');
  reader.accept('COLUMN');
  if (!isOther) {
    const column = reader.name();
    if (reader.accept('SET', 'DEFAULT')) {
      return { kind: 'alter-default', column, defaultLiteral: readDefault(reader) };
    }
    if (reader.accept('DROP', 'DEFAULT')) {
      return { kind: 'alter-default', column, defaultLiteral: undefined };
    }
  }
  while (!reader.done && !reader.isSymbol(',')) {
    if (reader.isSymbol('(')) reader.skipParenthesised();
    else reader.take();
  }
  return noEffect;
}

import { readTableName } from './names.js';
import type { Statement, TableReference } from './statement.js';
import type { TokenReader } from './token-reader.js';

/** Reads the statements that are not about tables as such: transactions, rows, rights and the rest. */
export function readOtherStatement(reader: TokenReader, defaultDatabase: string): Statement {
  // A comment alone: MariaDB writes one in the place of an event that it leaves out.
  if (reader.done) return { kind: 'no-effect' };
  return (
    readTransactionStatement(reader) ??
    readEmptying(reader, defaultDatabase) ??
    readRowStatement(reader, defaultDatabase) ?? {
      kind: reader.acceptOneOf(...noEffectVerbs) === undefined ? 'unknown' : 'no-effect',
    }
  );
}

function readTransactionStatement(reader: TokenReader): Statement | undefined {
  if (reader.accept('BEGIN') || reader.accept('START', 'TRANSACTION')) return { kind: 'begin' };
  if (reader.accept('COMMIT')) return { kind: 'commit' };
  if (reader.accept('ROLLBACK')) {
    reader.accept('WORK');
    if (!reader.accept('TO')) return { kind: 'rollback' };
    reader.accept('SAVEPOINT');
    return { kind: 'rollback-to', name: savepointName(reader) };
  }
  if (reader.accept('SAVEPOINT')) return { kind: 'savepoint', name: savepointName(reader) };
  if (reader.accept('RELEASE', 'SAVEPOINT')) {
    return { kind: 'release-savepoint', name: savepointName(reader) };
  }
  if (!reader.accept('XA')) return undefined;
  const verb = reader.acceptOneOf('START', 'BEGIN', 'END', 'COMMIT', 'ROLLBACK');
  const parts: string[] = [];
  while (!reader.done) parts.push(reader.take().text);
  const xid = parts.join('');
  switch (verb) {
    case 'START':
    case 'BEGIN':
      return { kind: 'xa-start', xid };
    case 'END':
      return { kind: 'xa-end', xid };
    case 'COMMIT':
      return { kind: 'xa-commit', xid };
    case 'ROLLBACK':
      return { kind: 'xa-rollback', xid };
    default:
      return { kind: 'unknown' };
  }
}

/** Savepoint names are compared without regard to case. */
function savepointName(reader: TokenReader): string {
  return reader.name().toLowerCase();
}

/** DELETE FROM t alone: a server writes it for each of its MEMORY tables when it starts. */
function readEmptying(reader: TokenReader, defaultDatabase: string): Statement | undefined {
  return reader.attempt(() => {
    reader.expect('DELETE', 'FROM');
    const table = readTableName(reader, defaultDatabase);
    reader.acceptSymbol(';');
    if (!reader.done) throw reader.error('the end is expected');
    return { kind: 'delete-all', table };
  });
}

const rowVerbs = ['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'LOAD', 'CALL', 'DO', 'WITH'];
const rowModifiers = [
  'LOW_PRIORITY',
  'DELAYED',
  'HIGH_PRIORITY',
  'QUICK',
  'IGNORE',
  'INTO',
  'FROM',
  'CONCURRENT',
  'LOCAL',
];

function readRowStatement(reader: TokenReader, defaultDatabase: string): Statement | undefined {
  const verb = reader.acceptOneOf(...rowVerbs);
  if (verb === undefined) return undefined;
  if (verb === 'LOAD') {
    while (!reader.done && !reader.accept('INTO', 'TABLE')) reader.take();
  }
  return { kind: 'row-statement', verb, table: readTarget(reader, defaultDatabase, verb) };
}

/** The one table that a statement changes, or undefined where it may change several or is not told. */
function readTarget(
  reader: TokenReader,
  defaultDatabase: string,
  verb: string,
): TableReference | undefined {
  if (verb === 'CALL' || verb === 'DO' || verb === 'WITH' || reader.done) return undefined;
  while (reader.acceptOneOf(...rowModifiers) !== undefined);
  const kind = reader.peek()?.kind;
  if (kind !== 'word' && kind !== 'quoted') return undefined;
  const table = readTableName(reader, defaultDatabase);
  if (verb !== 'UPDATE' && verb !== 'DELETE') return table;
  return endsTarget(reader, verb) ? table : undefined;
}

/** What follows the one table of an UPDATE or a DELETE. Anything else may name more tables. */
const afterTarget: Readonly<Record<'UPDATE' | 'DELETE', readonly string[]>> = {
  UPDATE: ['SET'],
  DELETE: ['WHERE', 'ORDER', 'LIMIT', 'RETURNING'],
};

function endsTarget(reader: TokenReader, verb: 'UPDATE' | 'DELETE'): boolean {
  const isEnd = (): boolean =>
    afterTarget[verb].some((word) => reader.isNext(word)) ||
    (verb === 'DELETE' && (reader.done || reader.isSymbol(';')));
  if (isEnd()) return true;
  const hasAs = reader.accept('AS');
  const kind = reader.peek()?.kind;
  // An alias.
  if (kind === 'word' || kind === 'quoted') reader.take();
  else if (hasAs) return false;
  return isEnd();
}

/** Statements that change no row of a user's table. */
const noEffectVerbs = [
  'ANALYZE',
  'BINLOG',
  'CHANGE',
  'CHECK',
  'CLONE',
  'DEALLOCATE',
  'FLUSH',
  'GRANT',
  'INSTALL',
  'KILL',
  'LOCK',
  'OPTIMIZE',
  'PURGE',
  'RENAME',
  'REPAIR',
  'RESET',
  'REVOKE',
  'SET',
  'SHUTDOWN',
  'START',
  'STOP',
  'UNINSTALL',
  'UNLOCK',
  'USE',
];

import type { SqlDialect } from './sql-dialect.js';
import { tokenize } from './tokenize.js';

/**
 * Splits a dump into its statements, at semicolons outside strings, names and comments.
 *
 * `DELIMITER` lines, which only a client knows, are honoured as mysqldump writes them: what stands
 * between `DELIMITER ;;` and `DELIMITER ;` (triggers, routines, events) is left out.
 */
export function splitStatements(text: string, dialect: SqlDialect): string[] {
  const tables = text.replace(/^DELIMITER (?!;\s*$)[^\n]*\n[\s\S]*?^DELIMITER ;\s*$/gm, '');
  const statements: string[] = [];
  let from = 0;
  let isEmpty = true;
  for (const token of tokenize(tables, dialect)) {
    if (token.kind !== 'symbol' || token.text !== ';') {
      isEmpty = false;
      continue;
    }
    if (!isEmpty) statements.push(tables.slice(from, token.start));
    from = token.end;
    isEmpty = true;
  }
  if (!isEmpty) statements.push(tables.slice(from));
  return statements;
}

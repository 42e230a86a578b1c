import { tableName } from '../protocol/index.js';
import { statementError, type StatementContext } from './statement-error.js';
import type { TableFilter } from './table-filter.js';

/** Storage engines whose tables hold the rows that the log says, in lower case. */
const holdRows: ReadonlySet<string> = new Set([
  'innodb',
  'xtradb',
  'myisam',
  'aria',
  'maria',
  'memory',
  'heap',
  'archive',
  'csv',
  'ndb',
  'ndbcluster',
  'rocksdb',
  'tokudb',
]);

/**
 * Refuses a table whose rows are somewhere else, or nowhere.
 *
 * Errors: UNSUPPORTED for ENGINE=MERGE, BLACKHOLE, FEDERATED and whatever is not known to hold rows.
 */
export function checkStorage(
  storage: string | undefined,
  name: string,
  context: StatementContext,
): void {
  if (storage === undefined || holdRows.has(storage)) return;
  throw statementError(
    context,
    `${name} is of ENGINE=${storage}, whose tables do not hold the rows that the log says`,
    { table: name, hint: `All before it is applied. Leave it out with --exclude ${name}.` },
  );
}

/**
 * Refuses a MERGE table, copied or not, over tables that are: changes of it are changes of them, and
 * the log does not name them.
 *
 * Errors: UNSUPPORTED.
 */
export function refuseMerge(
  { database, table }: { database: string; table: string },
  filter: TableFilter,
  context: StatementContext,
): void {
  const text = withoutTexts(context.sql);
  const [, list] = /\bUNION\s*=?\s*\(([^)]*)\)/i.exec(text) ?? [];
  const isMerge = /\bENGINE\s*=?\s*['"`]?(?:MERGE|MRG_MYISAM)\b/i.test(text);
  const changesUnion = list !== undefined && /^\s*ALTER\b/i.test(text);
  if (!isMerge && !changesUnion) return;
  const parts = (list ?? '').split(',').filter((part) => part.trim() !== '');
  const members = parts.map((part) => {
    const names = part.split('.').map((name) => name.trim().replace(/^[`"]|[`"]$/g, ''));
    return names.length === 1
      ? { database, table: names[0] ?? '' }
      : { database: names[0] ?? '', table: names[1] ?? '' };
  });
  if (![{ database, table }, ...members].some((each) => filter.accepts(each))) return;
  throw statementError(
    context,
    'rows that are written through a MERGE table are in the tables of its UNION, and the log does not say so',
    {
      hint:
        'All before it is applied. If nothing writes through it, leave the statement out with ' +
        `--skip ${context.file}:${context.offset}, and the table with --exclude ${tableName({ database, table })}; ` +
        'else leave out the tables of its UNION, too.',
    },
  );
}

/** A statement without its quoted texts, as comments of columns; the name of an engine may be one. */
function withoutTexts(sql: string): string {
  return sql.replace(/(?<!\bENGINE\s*=?\s*)'(?:[^'\\]|\\.|'')*'/gis, "''");
}

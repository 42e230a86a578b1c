import { FlashError, tableName } from '../protocol/index.js';

interface TableReference {
  database: string;
  table: string;
}

export interface TableFilterOptions {
  /** Globs `database.table`; without one, every table of the user's is taken. */
  include?: readonly string[];
  exclude?: readonly string[];
  /** `a.b=c.d`, or `a.*=c.*` for a whole database. */
  rename?: readonly string[];
}

/** Which tables of the source are copied, and under which names. */
export interface TableFilter {
  /** True where the table is copied. The servers' own databases are not, unless `include` names them. */
  accepts(table: TableReference): boolean;
  /** The table's name in the engine, and nothing else of what is given. */
  target(table: TableReference): TableReference;
}

const systemDatabases: ReadonlySet<string> = new Set([
  'mysql',
  'information_schema',
  'performance_schema',
  'sys',
]);

/**
 * Makes a filter of the options of the command line.
 *
 * Errors: INVALID_REQUEST for a text that is no `database.table`.
 */
export function makeTableFilter(options: TableFilterOptions): TableFilter {
  const include = (options.include ?? []).map(parseGlob);
  const exclude = (options.exclude ?? []).map(parseGlob);
  const renames = (options.rename ?? []).map(parseRename);
  // Asked for each table of each statement: the answers are kept.
  const answers = new Map<string, boolean>();
  const decide = (table: TableReference): boolean => {
    const name = tableName(table);
    if (exclude.some((glob) => glob.test(name))) return false;
    if (include.length > 0) return include.some((glob) => glob.test(name));
    return !systemDatabases.has(table.database.toLowerCase());
  };
  return {
    accepts(table) {
      const key = `${table.database}\0${table.table}`;
      const answer = answers.get(key) ?? decide(table);
      answers.set(key, answer);
      return answer;
    },
    target({ database, table }) {
      const rename = renames.find(
        ({ from }) => from.database === database && (from.table === '*' || from.table === table),
      );
      if (rename === undefined) return { database, table };
      return rename.from.table === '*' ? { ...rename.to, table } : rename.to;
    },
  };
}

function parseGlob(text: string): RegExp {
  splitName(text);
  const pattern = text
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's');
}

function parseRename(text: string): { from: TableReference; to: TableReference } {
  const [left = '', right = '', ...rest] = text.split('=');
  if (rest.length > 0 || right === '') throw nameError('--rename', text, 'shop.orders=copy.orders');
  const from = splitName(left);
  const to = splitName(right);
  if (
    (from.table === '*') !== (to.table === '*') ||
    `${from.database}${to.database}`.includes('*')
  ) {
    throw nameError('--rename', text, 'shop.orders=copy.orders or shop.*=copy.*');
  }
  return { from, to };
}

function splitName(text: string): TableReference {
  const dot = text.indexOf('.');
  if (dot <= 0 || dot === text.length - 1)
    throw nameError('a table', text, 'shop.orders or shop.*');
  return { database: text.slice(0, dot), table: text.slice(dot + 1) };
}

function nameError(what: string, text: string, example: string): FlashError {
  return new FlashError('INVALID_REQUEST', `${what} can't be ${JSON.stringify(text)}`, {
    hint: `Write it as ${example}; a * stands for any characters.`,
  });
}

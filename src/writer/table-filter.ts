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
  /** The patterns that fit a table which was asked for, as `--include shop.*`. */
  matched(): string[];
  /** All patterns, in the same form. */
  patterns(): string[];
}

const systemDatabases: ReadonlySet<string> = new Set([
  'mysql',
  'information_schema',
  'performance_schema',
  'sys',
]);

/** True for the servers' own databases. */
export function isSystemDatabase(database: string): boolean {
  return systemDatabases.has(database.toLowerCase());
}

/**
 * Makes a filter of the options of the command line.
 *
 * Errors: INVALID_REQUEST for a text that is no `database.table`.
 */
export function makeTableFilter(options: TableFilterOptions): TableFilter {
  const include = (options.include ?? []).map((text) => parsePattern('--include', text));
  const exclude = (options.exclude ?? []).map((text) => parsePattern('--exclude', text));
  const renames = (options.rename ?? []).map(parseRename);
  const patterns = [...include, ...exclude, ...renames];
  const matched = new Set<string>();
  // Asked for each table of each statement: the answers are kept.
  const answers = new Map<string, boolean>();
  const decide = (table: TableReference): boolean => {
    for (const pattern of patterns) if (pattern.fits(table)) matched.add(pattern.name);
    if (exclude.some((pattern) => pattern.fits(table))) return false;
    if (include.length > 0) return include.some((pattern) => pattern.fits(table));
    return !isSystemDatabase(table.database);
  };
  return {
    accepts(table) {
      const key = tableName(table);
      const answer = answers.get(key) ?? decide(table);
      answers.set(key, answer);
      return answer;
    },
    target({ database, table }) {
      const rename = renames.find((each) => each.fits({ database, table }));
      if (rename === undefined) return { database, table };
      return rename.from.table === '*' ? { ...rename.to, table } : rename.to;
    },
    matched: () => [...matched],
    patterns: () => patterns.map(({ name }) => name),
  };
}

interface Pattern {
  /** As the user wrote it, with its flag. */
  name: string;
  fits(table: TableReference): boolean;
}

/** Database and table are matched apart, so that a dot in a name stays on its side. */
function parsePattern(flag: string, text: string): Pattern {
  const { database, table } = splitName(text);
  const databaseGlob = globPattern(database);
  const tableGlob = globPattern(table);
  return {
    name: `${flag} ${text}`,
    fits: (each) => databaseGlob.test(each.database) && tableGlob.test(each.table),
  };
}

function globPattern(text: string): RegExp {
  const pattern = text
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's');
}

interface Rename extends Pattern {
  from: TableReference;
  to: TableReference;
}

function parseRename(text: string): Rename {
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
  const fits = ({ database, table }: TableReference): boolean =>
    from.database === database && (from.table === '*' || from.table === table);
  return { name: `--rename ${text}`, fits, from, to };
}

/** A part that holds a dot stands in backticks; without them the first dot divides. */
function splitName(text: string): TableReference {
  const match = /^(?:`((?:[^`]|``)+)`|([^`.]+))\.(?:`((?:[^`]|``)+)`|(.+))$/s.exec(text);
  const database = match?.[1]?.replaceAll('``', '`') ?? match?.[2];
  const table = match?.[3]?.replaceAll('``', '`') ?? match?.[4];
  if (database === undefined || table === undefined)
    throw nameError('a table', text, 'shop.orders or shop.*');
  return { database, table };
}

function nameError(what: string, text: string, example: string): FlashError {
  return new FlashError('INVALID_REQUEST', `${what} can't be ${JSON.stringify(text)}`, {
    hint: `Write it as ${example}; a * stands for any characters, and a part with a dot stands in backticks.`,
  });
}

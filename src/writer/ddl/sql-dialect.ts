/** What of a server's state decides how its SQL text is to be read. */
export interface SqlDialect {
  flavor: 'mysql' | 'mariadb';
  /** As versioned comments count it: 50729 for 5.7.29, 80036, 101106 for MariaDB 10.11.6. */
  version: number;
  /** sql_mode ANSI_QUOTES: "x" is an identifier, not a string. */
  ansiQuotes: boolean;
  /** sql_mode NO_BACKSLASH_ESCAPES: a backslash in a string is itself. */
  noBackslashEscapes: boolean;
  /** MariaDB's sql_mode ORACLE: names of types mean what they do there. */
  oracle?: boolean;
  /** sql_mode REAL_AS_FLOAT, which ANSI brings along. */
  realAsFloat?: boolean;
  /** The server's lower_case_table_names is 1: it stores names of databases and tables so. */
  lowerCaseTableNames?: boolean;
}

/**
 * Gives the dialect of a server by the version text of its format description event.
 *
 * Shape: `5.7.29-log`, `8.0.36`, `10.11.6-MariaDB-1`, or `5.5.5-10.11.6-MariaDB`.
 */
export function dialectOfServer(
  flavor: 'mysql' | 'mariadb',
  serverVersion: string,
  more: Omit<SqlDialect, 'flavor' | 'version'> = {
    ansiQuotes: false,
    noBackslashEscapes: false,
  },
): SqlDialect {
  const text = serverVersion.replace(/^5\.5\.5-(?=1\d\.)/, '');
  const [major = 0, minor = 0, patch = 0] = (/^(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [])
    .slice(1)
    .map(Number);
  return { flavor, version: major * 10_000 + minor * 100 + patch, ...more };
}

/**
 * Tells whether a server runs the text inside a versioned comment.
 *
 * Source: MySQL 8.4 sql/sql_lex.cc, lex_one_token, MY_LEX_LONG_COMMENT; MariaDB 10.11 sql/sql_lex.cc,
 * Lex_input_stream::lex_one_token: MariaDB leaves out the numbers 50700 to 99999, which are MySQL's.
 */
export function runsVersionedComment(
  dialect: SqlDialect,
  comment: { mariadbOnly: boolean; version: number },
): boolean {
  if (comment.mariadbOnly && dialect.flavor !== 'mariadb') return false;
  if (dialect.flavor === 'mariadb' && !comment.mariadbOnly) {
    if (comment.version >= 50_700 && comment.version <= 99_999) return false;
  }
  return comment.version <= dialect.version;
}

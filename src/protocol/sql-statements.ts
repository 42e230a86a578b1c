import { sqlTokens } from './sql-parameters.js';

/** A statement of an SQL text. `words` are its bare words in upper case; strings and comments have none. */
export interface SqlStatement {
  text: string;
  words: readonly string[];
}

/** Splits SQL at its semicolons, those in strings, quoted names, comments and heredocs left alone. */
export function splitStatements(sql: string): readonly SqlStatement[] {
  // Hidden parts become spaces of their length, so that places stay what they are.
  const bare = sql.replace(sqlTokens, (token: string) =>
    token.startsWith('{') ? token : ' '.repeat(token.length),
  );
  const statements: SqlStatement[] = [];
  let start = 0;
  for (const part of bare.split(';')) {
    const words = part.toUpperCase().match(/[A-Z_]\w*/g) ?? [];
    const text = sql.slice(start, start + part.length).trim();
    if (words.length > 0) statements.push({ text, words });
    start += part.length + 1;
  }
  return statements;
}

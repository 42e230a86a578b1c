export { longestCharacterBytes } from './charset.js';
export { withCharset } from './column-definition.js';
export { inSpellingOfColumns } from './create-table.js';
export { parseStatement } from './parse-statement.js';
export { dialectOfServer, type SqlDialect } from './sql-dialect.js';
export type * from './statement.js';
export { SqlSyntaxError } from './tokenize.js';
export { splitStatements } from './split-statements.js';

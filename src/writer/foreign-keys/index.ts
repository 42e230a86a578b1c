export { boundTables } from './bound-tables.js';
export { alterForeignKeys, followColumns, followTables } from './alter-keys.js';
export { foreignKeysOf, hasForeignKeys } from './foreign-key.js';
export { ForeignKeyActions } from './foreign-key-actions.js';
export type { KeyTable } from './graph.js';
export { unknownForeignKeys, unknownForeignKeysLine } from './unknown-keys.js';

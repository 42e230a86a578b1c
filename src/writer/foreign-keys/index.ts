export { alterForeignKeys, followColumns, followTables } from './alter-keys.js';
export { foreignKeysOf, hasForeignKeys } from './foreign-key.js';

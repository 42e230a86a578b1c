export { renderArrowTable } from './arrow-rows.js';
export { compareTables } from './compare.js';
export { readSourceTable, sourceTables } from './source-rows.js';
export { formOf, type TableRows } from './table-rows.js';
